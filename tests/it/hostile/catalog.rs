//! A table of prices from a stranger, and facts about models.

use mcp_cli::catalog::{Catalog, PriceTable};
use mcp_cli::model::{ModelId, Usage};

pub(crate) fn take(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(table) = PriceTable::default().with_overrides("prices.csv", text) {
        for row in table.rows() {
            let id = ModelId::parse(&row.model);
            if let Some(price) = table.price(&id, None, None) {
                let _ = price.cost(&Usage::new(u64::MAX, u64::MAX));
            }
        }
    }
    if let Ok(catalog) = Catalog::builtin().with_models("models.yaml", text) {
        assert!(catalog.facts().next().is_some());
    }
}
