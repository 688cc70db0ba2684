# Runs the Python of suites: a line of JSON in, a line of JSON out, functions compiled once.
import contextlib, inspect, io, json, os, sys, types

lines = os.fdopen(os.dup(0), "r", encoding="utf-8")
answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
# Whatever a check prints by other ways than `print` is not an answer.
os.dup2(2, 1)
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)

MOST_PRINTED = 2000
functions = {}

with contextlib.suppress(Exception):
    import resource

    limit = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


class Printed(io.TextIOBase):
    """Keeps the beginning of what is printed."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text[: MOST_PRINTED - len(self.text)]
        return len(text)


def compiled(source, function):
    if function is not None:
        module = types.ModuleType("check")
        exec(compile(source, "<check>", "exec"), module.__dict__)
        return getattr(module, function)
    scope = {}
    if "\n" in source.strip():
        body = "\n".join("    " + line for line in source.splitlines())
        exec(compile("def check(output, context):\n" + body, "<check>", "exec"), scope)
        return scope["check"]
    code = compile(source.strip(), "<check>", "eval")
    return lambda output, context: eval(code, scope, {"output": output, "context": context})


def answered(request):
    key = request["key"]
    if "source" in request:
        sys.path.insert(0, request["folder"])
        functions[key] = compiled(request["source"], request.get("function"))
        sys.path.pop(0)
    context = request["input"]
    value = functions[key](context.pop("output"), context)
    if inspect.iscoroutine(value):
        import asyncio

        value = asyncio.run(value)
    return {"value": value}


for line in lines:
    printed = Printed()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            answer = answered(json.loads(line))
        answer["printed"] = printed.text
        text = json.dumps(answer)
    except MemoryError:
        text = json.dumps({"error": "it took more memory than it may", "printed": printed.text})
    except Exception as error:
        said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        text = json.dumps({"error": said[:MOST_PRINTED], "printed": printed.text})
    answers.write(text + "\n")
    answers.flush()
