use osa_plugin_sdk::{Description, Error, Guest, GuestRepository, Head, Header, Index, Outcome, Refusal, Repository, Request, Route, Style};

struct Plugin;
struct Repo;

impl Guest for Plugin {
    type Repository = Repo;
    fn describe() -> Description {
        Description {
            name: "x".into(), purl_types: vec![], origins: vec![], settings: vec![], file_types: vec![], wants_headers: vec![],
            scans_documents: true, edits_heads: false, by_host: false, client_setup: String::new(), error_form: None,
        }
    }
    fn rank_versions(versions: Vec<String>) -> Vec<Option<u32>> { vec![None; versions.len()] }
}
impl GuestRepository for Repo {
    fn open(_settings: String) -> Result<Repository, String> { Ok(Repository::new(Repo)) }
    fn classify(&self, _r: Request) -> Result<Route, Error> { Ok(Route::NotFound) }
    fn identify(&self, _r: Request, _h: Head) -> Result<Option<String>, Error> { Ok(None) }
    fn edit_head(&self, _r: Request, _h: Head, _l: String) -> Result<Vec<Header>, Error> { Ok(vec![]) }
    fn scan(&self, _r: Request, _h: Head, _b: Vec<u8>) -> Result<Index, Error> { Err(Error::Malformed(String::new())) }
    fn plan(&self, _n: Vec<u8>, _r: Vec<Refusal>, _s: Style, _l: String) -> Result<Outcome, Error> { Ok(Outcome::AllRefused) }
}
osa_plugin_sdk::export_plugin!(Plugin);
