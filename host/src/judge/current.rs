//! The current form: `POST /api/judge/v2/verdicts`.

use super::client::Form;
use super::contract::{self, RepositoryContext, Request};
use super::transport::Reply;
use super::{Answers, Question};

pub(super) struct Current {
    /// `codescoring.stage`
    pub stage: Option<String>,
}

impl Form for Current {
    const PATH: &'static str = contract::PATH;

    fn ask(&self, question: &Question, purls: &[String]) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&Request {
            stage: self.stage.as_deref().map(Into::into),
            work_mode: question.mode.as_str().into(),
            record_request: question.record,
            package_type: (&*question.package_type).into(),
            context: question.context.as_ref().map(|context| RepositoryContext {
                repo_manager_host: (&context.repo_manager_host).into(),
                repo_name: (&context.repo_name).into(),
            }),
            purls: purls.iter().map(Into::into).collect(),
        })
    }

    fn understand(&self, purls: &[String], reply: &Reply) -> Answers {
        contract::answers(purls, &reply.body, reply.retry_after)
    }
}
