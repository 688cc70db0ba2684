export { plot, dot, link, ruleX, ruleY, text, line, axisX, axisY, tip, pointer, gridX, gridY, areaY, barX, tickX } from "@observablehq/plot";
export { diffWordsWithSpace } from "diff";
export { Virtualizer, elementScroll, observeElementOffset, observeElementRect } from "@tanstack/virtual-core";
