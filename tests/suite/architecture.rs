//! Imports between the source files go in one direction only.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The imports of every file under `src`: module path → paths of the imported modules.
fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = BTreeMap::new();
    read_folder(&root, &mut files, "");
    let modules: BTreeSet<String> = files.keys().cloned().collect();
    files
        .iter()
        .map(|(module, source)| {
            let imported = mentioned_paths(module, source)
                .filter_map(|path| longest_module(&path, &modules))
                .filter(|imported| imported != module)
                .collect();
            (module.clone(), imported)
        })
        .collect()
}

/// Adds the sources in a folder: module path → source.
fn read_folder(folder: &Path, files: &mut BTreeMap<String, String>, prefix: &str) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_str().expect("valid UTF-8");
        let module = match name {
            "mod" | "lib" => prefix.trim_end_matches("::").to_owned(),
            name => format!("{prefix}{name}"),
        };
        if path.is_dir() {
            read_folder(&path, files, &format!("{module}::"));
        } else {
            files.insert(module, fs::read_to_string(&path).expect("valid UTF-8"));
        }
    }
}

/// The absolute paths in the imports and the code of a file, without its tests.
fn mentioned_paths(module: &str, source: &str) -> impl Iterator<Item = String> {
    let code = source.split("#[cfg(test)]").next().expect("code before the tests");
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = lines.collect::<Vec<_>>().join(" ");
    let mut found = Vec::new();
    for (start, base) in
        [("crate::", String::new()), ("self::", format!("{module}::")), ("super::", parent(module))]
    {
        for (position, _) in code.match_indices(start) {
            let rest = &code[position + start.len()..];
            let end = rest.find(|char: char| !char.is_alphanumeric() && !"_:".contains(char));
            let (path, rest) = rest.split_at(end.unwrap_or(rest.len()));
            // `request::{lenient, query}` mentions two paths.
            let listed = rest.strip_prefix('{').and_then(|rest| rest.split('}').next());
            for item in listed.unwrap_or_default().split(',') {
                found.push(format!("{base}{path}{}", item.trim()));
            }
        }
    }
    found.into_iter()
}

/// The path of the parent module, with a trailing `::` unless it is the root.
fn parent(module: &str) -> String {
    module.rsplit_once("::").map_or(String::new(), |(parent, _)| format!("{parent}::"))
}

/// The module that the path names, or the one that contains the named item.
fn longest_module(path: &str, modules: &BTreeSet<String>) -> Option<String> {
    let mut path = path.trim_end_matches(':');
    loop {
        if modules.contains(path) {
            return Some(path.to_owned()).filter(|path| !path.is_empty());
        }
        path = path.rsplit_once("::")?.0;
    }
}

#[test]
fn no_modules_import_each_other_directly_or_indirectly() {
    let mut imports = imports();
    assert!(imports.len() > 40, "{imports:?}");
    // Remove the modules without imports until none is left. The modules of a cycle always remain.
    while let Some(module) =
        imports.iter().find(|(_, imported)| imported.is_empty()).map(|(module, _)| module.clone())
    {
        imports.remove(&module);
        for imported in imports.values_mut() {
            imported.remove(&module);
        }
    }
    assert!(imports.is_empty(), "these modules import each other: {imports:#?}");
}

#[test]
fn layers_import_only_the_layers_below() {
    let allowed: [(&str, &[&str]); 9] = [
        (
            "server",
            &[
                "build_info",
                "config",
                "engine",
                "metrics",
                "server",
                "telemetry",
                "trusted_proxies",
                "web",
            ],
        ),
        ("web", &["build_info", "engine", "metrics", "trusted_proxies", "web"]),
        ("engine", &["engine", "metrics"]),
        ("config", &["telemetry", "trusted_proxies"]),
        ("metrics", &["build_info"]),
        ("telemetry", &[]),
        ("trusted_proxies", &[]),
        ("build_info", &[]),
        ("main", &["config", "server"]),
    ];
    for (module, imported) in imports().into_iter().filter(|(module, _)| !module.is_empty()) {
        let layer = module.split("::").next().expect("a name");
        let (_, allowed) = allowed
            .iter()
            .find(|(name, _)| *name == layer)
            .unwrap_or_else(|| panic!("{layer} is not in the list of layers"));
        for path in imported {
            let imported_layer = path.split("::").next().expect("a name");
            assert!(allowed.contains(&imported_layer), "{module} imports {path}");
        }
    }
}
