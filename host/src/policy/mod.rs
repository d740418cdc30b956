//! From verdicts to answers: what each work mode does ([`modes`]) and how a refusal reads ([`refusal`]).

pub mod modes;
pub mod refusal;
