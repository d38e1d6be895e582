// A call of a language model, by the names of OpenTelemetry's conventions for generative AI.

export type Message = { role: string; text: string };
export type LlmCall = {
  operation?: string;
  provider?: string;
  model?: string;
  answeredBy?: string;
  inputTokens?: number;
  outputTokens?: number;
  cost?: number;
  temperature?: number;
  maxTokens?: number;
  finished: string[];
  prompt: Message[];
  completion: Message[];
  /** What else was said, by name. */
  others: [string, unknown][];
};

type Fields = Record<string, unknown>;

const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function llmCall(value: unknown): LlmCall {
  const fields: Fields = isRecord(value) ? { ...value } : {};
  const take = (name: string): unknown => {
    const whole = name in fields ? name : `gen_ai.${name}`;
    const taken = fields[whole];
    delete fields[whole];
    return taken ?? undefined;
  };
  const text = (name: string) => {
    const taken = take(name);
    return taken === undefined ? {} : { [last(name)]: String(taken) };
  };
  const number = (name: string) => {
    const taken = take(name);
    return typeof taken === "number" ? { [last(name)]: taken } : {};
  };
  const last = (name: string) => NAMES[name] ?? name;
  const finished = take("response.finish_reasons");
  const call = {
    ...text("operation.name"),
    ...text("provider.name"),
    ...text("request.model"),
    ...text("response.model"),
    ...number("usage.input_tokens"),
    ...number("usage.output_tokens"),
    ...number("usage.cost"),
    ...number("request.temperature"),
    ...number("request.max_tokens"),
    finished: Array.isArray(finished) ? finished.map(String) : finished === undefined ? [] : [String(finished)],
    prompt: messages(take("input.messages"), "user"),
    completion: messages(take("output.messages"), "assistant"),
  } as LlmCall;
  return { ...call, others: Object.entries(fields) };
}

const NAMES: Record<string, keyof LlmCall> = {
  "operation.name": "operation",
  "provider.name": "provider",
  "request.model": "model",
  "response.model": "answeredBy",
  "usage.input_tokens": "inputTokens",
  "usage.output_tokens": "outputTokens",
  "usage.cost": "cost",
  "request.temperature": "temperature",
  "request.max_tokens": "maxTokens",
};

/** Messages as a text, as a list of texts, or of records with a role and a content or parts. */
function messages(value: unknown, role: string): Message[] {
  if (value === undefined || value === null) return [];
  if (typeof value === "string") return [{ role, text: value }];
  if (Array.isArray(value)) return value.flatMap((one) => messages(one, role));
  if (!isRecord(value)) return [{ role, text: String(value) }];
  const said = typeof value.role === "string" ? value.role : role;
  return [{ role: said, text: content(value.content ?? value.parts ?? value.text ?? value) }];
}

function content(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(content).join("\n");
  if (isRecord(value) && (typeof value.text === "string" || typeof value.content === "string"))
    return content(value.text ?? value.content);
  return JSON.stringify(value, null, 2) ?? "";
}
