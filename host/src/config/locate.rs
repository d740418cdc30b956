//! Which file is the configuration.

use std::path::{Path, PathBuf};

use super::ConfigErrors;
use crate::yaml::{Env, Problem};

/// Names the file when it is not given on the command line.
pub const PATH_VARIABLE: &str = "OSA_PROXY_CONFIG_PATH";
/// Looked for in the working directory when it is not named at all.
pub const DEFAULT_FILE: &str = "osa-proxy.yml";

/// The first argument, else `OSA_PROXY_CONFIG_PATH`, else `osa-proxy.yml` in the working directory.
/// Docker and shells pass variables that are set to nothing: those do not count.
pub fn locate(argument: Option<&Path>, env: &Env<'_>) -> Result<PathBuf, ConfigErrors> {
    let named = argument
        .map(Path::to_path_buf)
        .or_else(|| env(PATH_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from));
    let file = named.unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    if file.is_file() {
        return Ok(file);
    }
    let what = if file.exists() { "not a file" } else { "no such file" };
    Err(Problem::file(
        file,
        format!(
            "{what}: give the configuration's path as first argument or in {PATH_VARIABLE}, or keep {DEFAULT_FILE} in \
             the working directory; `osa-proxy init` writes one for the package managers of this machine"
        ),
    )
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_argument_goes_before_the_variable() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (one, other) = (here.join("Cargo.toml"), here.join("src/lib.rs"));
        let variable = other.to_str().unwrap().to_owned();
        let env = |name: &str| (name == PATH_VARIABLE).then(|| variable.clone());
        assert_eq!(locate(Some(&one), &env), Ok(one));
        assert_eq!(locate(None, &env), Ok(other));
    }

    #[test]
    fn a_missing_file_is_told_with_the_three_ways_and_init() {
        let error = locate(Some(Path::new("nowhere.yml")), &|_| None)
            .unwrap_err()
            .to_string();
        for part in [
            "nowhere.yml: no such file",
            "first argument",
            "OSA_PROXY_CONFIG_PATH",
            "working directory",
            "osa-proxy init",
        ] {
            assert!(error.contains(part), "{error}");
        }
        assert!(
            locate(None, &|_| Some(String::new()))
                .unwrap_err()
                .to_string()
                .starts_with("osa-proxy.yml: ")
        );
    }
}
