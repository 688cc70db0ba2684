//! One engine for each thread, with the functions that it has compiled.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use rquickjs::promise::MaybePromise;
use rquickjs::{CatchResultExt, CaughtError, Context, Ctx, Function, Persistent, Runtime};
use serde_json::Value;

/// The most memory that the scripts of one thread may have at a time, in bytes.
const MEMORY: usize = 16 << 20;
/// The deepest stack of a script, in bytes.
const STACK: usize = 256 << 10;
/// How often the engine may ask, in one call, whether it may go on: it does so after some ten thousand steps. Steps are
/// counted, and not time, so that a verdict never depends on the machine.
const FUEL: u32 = 1_000;
/// The most functions that an engine keeps; checks with a template in them are functions of one trial.
const MOST_KEPT: usize = 1_000;

/// What is said of a script that throws `null`, or runs out of memory in such a way that the engine does.
const THREW_NULL: &str = "it threw `null`, as happens where memory runs out";

/// Keeps scripts from leaving anything behind for the next.
const FREEZE: &str = r#"(() => {
    const seen = new Set();
    const freeze = (value) => {
        if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) return;
        seen.add(value);
        for (const key of Reflect.ownKeys(value)) {
            const property = Object.getOwnPropertyDescriptor(value, key);
            freeze(property.value);
            freeze(property.get);
            freeze(property.set);
        }
        freeze(Object.getPrototypeOf(value));
        Object.freeze(value);
    };
    const generators = [function* () {}, async () => {}, async function* () {}];
    generators.forEach(freeze);
    freeze(globalThis);
})()"#;

thread_local! {
    static ENGINE: RefCell<Option<Engine>> = const { RefCell::new(None) };
}

/// Says whether a function can be compiled.
pub(super) fn check(function: &str) -> Result<(), String> {
    with_engine(|engine, ctx| engine.compiled(ctx, function).map(drop))
}

/// Calls a function.
pub(super) fn call(
    function: &str,
    output: &Value,
    context: &Value,
) -> Result<Option<Value>, String> {
    with_engine(|engine, ctx| {
        let function = engine.compiled(ctx, function)?;
        let returned = (|| {
            let output = ctx.json_parse(output.to_string())?;
            let context = ctx.json_parse(context.to_string())?;
            let promise: MaybePromise<'_> = function.call((output, context))?;
            ctx.json_stringify(promise.finish::<rquickjs::Value<'_>>()?)
        })();
        let text = returned.catch(ctx).map_err(|error| said(&error))?;
        let Some(text) = text else { return Ok(None) };
        let text = text.to_string().map_err(|error| error.to_string())?;
        let value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        Ok(Some(value))
    })
}

/// Lets `act` use this thread's engine. An engine that met a limit is thrown away: its memory may stay full.
fn with_engine<T>(
    act: impl FnOnce(&mut Engine, &Ctx<'_>) -> Result<T, String>,
) -> Result<T, String> {
    ENGINE.with_borrow_mut(|kept| {
        let mut engine = match kept.take() {
            Some(engine) => engine,
            None => Engine::new().map_err(|error| error.to_string())?,
        };
        engine.fuel.set(FUEL);
        let context = engine.context.clone();
        let outcome = context.with(|ctx| act(&mut engine, &ctx));
        if engine.fuel.get() == 0 {
            return Err("the script did not come to an end".to_owned());
        }
        match &outcome {
            Err(message) if message.contains("out of memory") => {
                return Err(format!("the script took more than {} MB", MEMORY >> 20));
            }
            // Where there is no room for an error either, the engine throws `null`.
            Err(message) if message == THREW_NULL => {}
            _ => *kept = Some(engine),
        }
        outcome
    })
}

struct Engine {
    // Dropped before the runtime that they live in.
    functions: HashMap<String, Persistent<Function<'static>>>,
    context: Context,
    fuel: Rc<Cell<u32>>,
}

impl Engine {
    fn new() -> rquickjs::Result<Self> {
        let runtime = Runtime::new()?;
        runtime.set_memory_limit(MEMORY);
        runtime.set_max_stack_size(STACK);
        let fuel = Rc::new(Cell::new(FUEL));
        let left = Rc::clone(&fuel);
        runtime.set_interrupt_handler(Some(Box::new(move || {
            left.set(left.get().saturating_sub(1));
            left.get() == 0
        })));
        let context = Context::full(&runtime)?;
        context.with(|ctx| ctx.eval::<(), _>(FREEZE))?;
        Ok(Self {
            functions: HashMap::new(),
            context,
            fuel,
        })
    }

    fn compiled<'js>(&mut self, ctx: &Ctx<'js>, source: &str) -> Result<Function<'js>, String> {
        if let Some(kept) = self.functions.get(source) {
            let restored = kept.clone().restore(ctx);
            return restored.map_err(|error| error.to_string());
        }
        let function: Function<'js> = ctx.eval(source).catch(ctx).map_err(|error| said(&error))?;
        if self.functions.len() >= MOST_KEPT {
            self.functions.clear();
        }
        let kept = Persistent::save(ctx, function.clone());
        self.functions.insert(source.to_owned(), kept);
        Ok(function)
    }
}

/// Returns what an exception says, without its stack.
fn said(error: &CaughtError<'_>) -> String {
    match error {
        CaughtError::Exception(exception) => exception
            .message()
            .unwrap_or_else(|| "it threw an exception without a message".to_owned()),
        CaughtError::Value(value) if value.is_null() => THREW_NULL.to_owned(),
        CaughtError::Value(value) => {
            let text = value.as_string().and_then(|text| text.to_string().ok());
            text.unwrap_or_else(|| "it threw something that is no error".to_owned())
        }
        CaughtError::Error(error) => error.to_string(),
    }
}
