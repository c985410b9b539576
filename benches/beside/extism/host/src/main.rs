//! Modules of Extism on request: it reads a word from each line of its input, and says how many nanoseconds that took.
//!
//! `cold` compiles the module, `cached` takes it from Extism's cache, `new` calls it in an instance of its own, `kept` in the same
//! one as before. What was made before a call isn't counted.

use std::error::Error;
use std::io::{self, BufRead as _, Write as _};
use std::path::Path;
use std::time::Instant;
use std::{env, fs};

use extism::{CompiledPlugin, Manifest, Plugin, PluginBuilder, Wasm};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn builder(module: &[u8], cache: Option<&Path>) -> PluginBuilder<'static> {
    let builder = PluginBuilder::new(Manifest::new([Wasm::data(module)]));
    match cache {
        Some(settings) => builder.with_cache_config(settings),
        None => builder.with_cache_disabled(),
    }
}

fn main() -> Outcome<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [module, input, folder] = &words[..] else {
        return Err("beside MODULE INPUT FOLDER".into());
    };
    let (module, input) = (&fs::read(module)?[..], fs::read_to_string(input)?);
    let settings = Path::new(folder).join("cache.toml");
    let cache = Path::new(folder).join("cache");
    fs::write(
        &settings,
        format!("[cache]\ndirectory = {:?}\n", cache.display().to_string()),
    )?;

    let compiled = CompiledPlugin::new(builder(module, Some(&settings)))?;
    let mut kept = Plugin::new_from_compiled(&compiled)?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let begun = Instant::now();
        let said = match line.as_str() {
            "cold" => made(CompiledPlugin::new(builder(module, None))?),
            "cached" => made(CompiledPlugin::new(builder(module, Some(&settings)))?),
            "new" => Plugin::new_from_compiled(&compiled)?.call::<_, String>("notes", &input)?,
            "kept" => kept.call::<_, String>("notes", &input)?,
            other => return Err(format!("no such word: {other}").into()),
        };
        let took = begun.elapsed().as_nanos();
        println!("{took} {}", said.len());
        io::stdout().flush()?;
    }
    Ok(())
}

/// Something was made, and what it would say is nothing.
fn made(_: CompiledPlugin) -> String {
    String::new()
}
