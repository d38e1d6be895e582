// Calls of language models: which model, what it cost, what it was asked and what it answered.
import { useMemo } from "react";
import { Failure } from "../../parts/Failure";
import { Loading } from "../../parts/Loading";
import { count } from "../../text/format";
import { preview } from "../../value/preview";
import { TextView } from "../../value/TextView";
import { useValueText } from "../../value/valueText";
import type { Part } from "./captured";
import { llmCall, type Message } from "./llm";
import styles from "./Step.module.css";

export function LlmView({ calls }: { calls: Part[] }) {
  return (
    <div className={styles.calls}>
      {calls.map((call, index) => (
        <Call key={call.part} part={call} title={calls.length > 1 ? `Call ${index + 1}` : "The call"} />
      ))}
    </div>
  );
}

function Call({ part, title }: { part: Part; title: string }) {
  const { text, whole, error, retry } = useValueText(part.captured.omitted?.path, part.raw);
  const call = useMemo(() => (text !== undefined && whole ? llmCall(JSON.parse(text)) : undefined), [text, whole]);
  if (!call) return error ? <Failure inline error={error} retry={retry} /> : <Loading what="Reading the call" />;
  const facts: [string, string | undefined][] = [
    ["Model", call.model],
    ["Answered by", call.answeredBy === call.model ? undefined : call.answeredBy],
    ["Provider", call.provider],
    ["Operation", call.operation],
    ["Tokens in", number(call.inputTokens)],
    ["Tokens out", number(call.outputTokens)],
    ["Cost", call.cost === undefined ? undefined : String(call.cost)],
    ["Temperature", call.temperature === undefined ? undefined : String(call.temperature)],
    ["At most", call.maxTokens === undefined ? undefined : `${count(call.maxTokens)} tokens`],
    ["Finished", call.finished.join(", ") || undefined],
    ...call.others.map(([name, value]): [string, string] => [name, preview(value)]),
  ];
  return (
    <section className={styles.call} aria-label={title}>
      <dl className={styles.facts}>
        {facts.map(
          ([name, value]) =>
            value !== undefined && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
      {call.prompt.length + call.completion.length === 0 && (
        <p className={styles.faint}>
          What it was asked and what it answered is recorded where the builder says <code>capture_prompts(true)</code>.
        </p>
      )}
      <div className={styles.sides}>
        <Messages title="Prompt" messages={call.prompt} />
        <Messages title="Completion" messages={call.completion} />
      </div>
    </section>
  );
}

const number = (value: number | undefined) => (value === undefined ? undefined : count(value));

function Messages({ title, messages }: { title: string; messages: Message[] }) {
  if (messages.length === 0) return null;
  return (
    <section className={styles.side} aria-label={title}>
      <h2>{title}</h2>
      {messages.map(({ role, text }, index) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: messages have nothing but their order
          key={index}
        >
          <span className={styles.faint}>{role}</span>
          <TextView label={`${title}, ${role}${messages.length > 1 ? ` ${index + 1}` : ""}`} text={text} />
        </div>
      ))}
    </section>
  );
}
