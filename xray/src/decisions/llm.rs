//! Calls of language models, by the names of OpenTelemetry's semantic conventions for generative AI (`gen_ai.*`).

use std::sync::atomic::{AtomicBool, Ordering};

use xray_collector::fact::number;
use xray_collector::value::UNKNOWN_LENGTH;

use super::Fact;

/// Whether prompts and completions are recorded.
static PROMPTS: AtomicBool = AtomicBool::new(false);

pub(crate) fn set_prompts(recorded: bool) {
    PROMPTS.store(recorded, Ordering::Relaxed);
}

/// One call of a language model. What is not set is not recorded.
///
/// | method | recorded as |
/// |---|---|
/// | [`Llm::new`] | `gen_ai.operation.name`, `gen_ai.provider.name`, `gen_ai.request.model` |
/// | [`Llm::response_model`] | `gen_ai.response.model` |
/// | [`Llm::response_id`] | `gen_ai.response.id` |
/// | [`Llm::tokens`] | `gen_ai.usage.input_tokens`, `gen_ai.usage.output_tokens` |
/// | [`Llm::temperature`] | `gen_ai.request.temperature` |
/// | [`Llm::max_tokens`] | `gen_ai.request.max_tokens` |
/// | [`Llm::finish_reason`] | `gen_ai.response.finish_reasons`, a list of it |
/// | [`Llm::prompt`] | `gen_ai.input.messages`, if [`Builder::capture_prompts`](crate::Builder::capture_prompts) says so |
/// | [`Llm::completion`] | `gen_ai.output.messages`, likewise |
#[derive(Debug, Clone, Copy)]
#[must_use = "it is recorded by `xray::llm`"]
pub struct Llm<'a> {
    operation: &'a str,
    provider: &'a str,
    model: &'a str,
    response_model: Option<&'a str>,
    response_id: Option<&'a str>,
    tokens: Option<(u64, u64)>,
    temperature: Option<f64>,
    max_tokens: Option<u64>,
    finish_reason: Option<&'a str>,
    prompt: Option<&'a str>,
    completion: Option<&'a str>,
}

impl<'a> Llm<'a> {
    /// A call of an operation (`chat`, `text_completion`, `embeddings`, …) of a provider's model.
    pub fn new(operation: &'a str, provider: &'a str, model: &'a str) -> Self {
        Self {
            operation,
            provider,
            model,
            response_model: None,
            response_id: None,
            tokens: None,
            temperature: None,
            max_tokens: None,
            finish_reason: None,
            prompt: None,
            completion: None,
        }
    }

    /// The model that answered.
    pub fn response_model(self, model: &'a str) -> Self {
        Self { response_model: Some(model), ..self }
    }

    /// The provider's id of the answer.
    pub fn response_id(self, id: &'a str) -> Self {
        Self { response_id: Some(id), ..self }
    }

    /// Tokens that went in, and that came out.
    pub fn tokens(self, input: u64, output: u64) -> Self {
        Self { tokens: Some((input, output)), ..self }
    }

    /// The temperature that was asked for.
    pub fn temperature(self, temperature: f64) -> Self {
        Self { temperature: Some(temperature), ..self }
    }

    /// The most tokens that were asked for.
    pub fn max_tokens(self, tokens: u64) -> Self {
        Self { max_tokens: Some(tokens), ..self }
    }

    /// Why the model stopped: `stop`, `length`, `content_filter`, …
    pub fn finish_reason(self, reason: &'a str) -> Self {
        Self { finish_reason: Some(reason), ..self }
    }

    /// What the model was asked. Recorded only where the builder says so.
    pub fn prompt(self, prompt: &'a str) -> Self {
        Self { prompt: Some(prompt), ..self }
    }

    /// What the model answered. Recorded only where the builder says so.
    pub fn completion(self, completion: &'a str) -> Self {
        Self { completion: Some(completion), ..self }
    }

    fn write(&self, fact: &mut Fact) {
        if fact.writer().map(UNKNOWN_LENGTH).is_err() {
            return fact.writer().omitted();
        }
        let has_prompts = PROMPTS.load(Ordering::Relaxed);
        let texts = [
            ("gen_ai.operation.name", Some(self.operation)),
            ("gen_ai.provider.name", Some(self.provider)),
            ("gen_ai.request.model", Some(self.model)),
            ("gen_ai.response.model", self.response_model),
            ("gen_ai.response.id", self.response_id),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                fact.text(name).text(text);
            }
        }
        let numbers = [
            ("gen_ai.request.max_tokens", self.max_tokens),
            ("gen_ai.usage.input_tokens", self.tokens.map(|(input, _)| input)),
            ("gen_ai.usage.output_tokens", self.tokens.map(|(_, output)| output)),
        ];
        for (name, number) in numbers {
            if let Some(number) = number {
                fact.text(name).put(|writer| writer.scalar(number));
            }
        }
        if let Some(temperature) = self.temperature {
            fact.text("gen_ai.request.temperature").put(|writer| writer.scalar(temperature));
        }
        if let Some(reason) = self.finish_reason {
            fact.text("gen_ai.response.finish_reasons").value(&[reason]);
        }
        let prompts = [("gen_ai.input.messages", self.prompt), ("gen_ai.output.messages", self.completion)];
        for (name, text) in prompts.into_iter().filter(|_| has_prompts) {
            if let Some(text) = text {
                fact.text(name).value(text);
            }
        }
        fact.writer().close(false);
    }
}

/// Records a call of a language model by the current step. A no-op outside of a step.
///
/// ```
/// # let (answer, used) = ("yes", (812, 3));
/// let call = xray::Llm::new("chat", "openai", "gpt-4").temperature(0.2).tokens(used.0, used.1);
/// xray::llm(call.finish_reason("stop").completion(answer));
/// ```
pub fn llm(call: Llm<'_>) {
    if let Some(mut fact) = Fact::begin(number::LLM) {
        call.write(&mut fact);
        fact.end();
    }
}
