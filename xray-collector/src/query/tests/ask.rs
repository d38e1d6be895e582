//! Any query: conditions of the whole language, in few words, so that much of the data matches.

use super::choices::Choices;
use crate::query::Entity;

const STEP: &[&str] = &[
    "{}name == 'a'",
    "{}name != 'b'",
    "'a' < {}name",
    "{}name.startsWith('a')",
    "{}name.upperAscii().matches('^[AB]')",
    "({}name + {}module).contains('bn')",
    "{}kind == 'filter'",
    "{}kind in ['llm', 'filter', 'none']",
    "has({}kind)",
    "['a', 'b'].exists(x, x == {}name)",
    "{}line > 1",
    "{}line + 1 == 3",
    "{}file.endsWith('m.rs')",
    "size({}module) == 1",
    "({}kind == 'llm' ? {}name == 'ab' : {}line == 2)",
    "{}outcome == 'err'",
    "{}outcome != 'ok'",
    "{}outcome in ['open', 'panicked']",
    "{}failed",
    "{}failed == ({}outcome == 'err')",
    "{}level == 'full'",
    "{}level != 'metrics'",
    "{}important",
    "{}important != {}failed",
    "{}thread < 2",
    "{}started <= timestamp('1970-01-01T00:00:00.000000105Z')",
    "{}started > now()",
    "{}started + duration('2ns') != timestamp('1970-01-01T00:00:00.000000107Z')",
    "{}duration > duration('5ns')",
    "{}duration <= duration('-1ns')",
    "{}duration + {}duration < duration('9ns')",
    "has({}duration)",
    "{}items_in == 2",
    "{}items_in != {}items_out",
    "{}items_in - {}items_out > 0",
    "{}items_in / {}items_out >= 1",
    "{}items_in * 0.5 < 1.5",
    "has({}items_out)",
    "-{}kept < -1",
    "{}kept > 0.5",
    "1 <= {}eliminated",
    "{}eliminated in [0, 2]",
    "{}scored != 0",
    "{}introduced >= 0",
    "{}rejection_rate > 0.5",
    "{}rejection_rate == 0",
    "{}rejection_rate != 1",
    "0.4 >= {}rejection_rate",
    "has({}rejection_rate)",
    "{}rejection_rate > 1 / 0",
    "{}llm.model == 'p'",
    "has({}llm)",
    "{}llm['x.model'] < 'q' || {}llm.tokens >= 2",
    "{}llm == null",
    "{}meta.x == 1",
    "{}meta.x != 1",
    "has({}meta.x)",
    "size({}meta) == 0",
    "'x' in {}meta",
    "'q' in {}reasons",
    "{}reasoning.r > 0",
    "{}reasons.exists(r, r == 'p')",
    "{}reasons.exists_one(r, r < 'q')",
    "{}reasons.all(r, r != 'p')",
    "{}input.films[0] == 'p'",
    "has({}input.x)",
    "{}input.films.exists(f, f == 'q' && {}important)",
    "size({}input) >= 1",
    "size({}output) > 0",
    "{}output[0] == {}input.films[0]",
    "'q' in {}output",
    "has({}output)",
    "{}error.contains('e')",
    "has({}error)",
    "has({}parent)",
    "{}parent.name == 'a'",
    "{}parent.failed",
    "{}parent.llm.model == 'p'",
    "{}children.exists(c, c.failed || c.name == {}name)",
    "size({}children) > 0",
    "{}decisions.exists(d, d.outcome == 'kept' && d.item == 'p')",
    "size({}decisions) == 0",
    "{}kind == {}llm.model",
    "{}run.status == 'failed'",
    "{}run.started >= timestamp('1970-01-01T00:00:00.000000092Z')",
    "{}run.started < timestamp('1970-01-01T00:00:00.000000094Z')",
    "{}run.pipeline == {}name",
    "{}run.tags.t == 'p'",
    "{}run.steps.exists(s, s.name == 'b' && s.kept > {}kept)",
];

const RUN: &[&str] = &[
    "{}pipeline == 'a'",
    "{}status in ['failed', 'running']",
    "{}outcome != 'err'",
    "{}started > timestamp('1970-01-01T00:00:00.000000091Z')",
    "timestamp('1970-01-01T00:00:00.000000093Z') >= {}started",
    "{}started == timestamp('1970-01-01T00:00:00.000000092Z')",
    "{}ended - {}started > duration('9ns')",
    "has({}duration)",
    "{}step_count == size({}steps)",
    "{}failures > 0",
    "{}error.contains('bro')",
    "{}orphan",
    "{}tags.t == 'p'",
    "{}tags.t != 'p'",
    "has({}tags.t)",
    "'t' in {}tags",
    "size({}tags) == 0",
    "{}notes[0] < 'q'",
    "'p' in {}notes",
    "size({}notes) > 0",
    "{}notes.exists(n, n == 'p')",
    "{}input.films[0] == 'p'",
    "has({}input.x)",
    "{}output[0] == 'p'",
    "has({}output)",
    "{}output[0] == {}input.films[0]",
    "size({}steps) > 2",
    "'p' == {}tags.t && {}pipeline == 'b'",
];

const DECISION: &[&str] = &[
    "{}outcome == 'eliminated'",
    "{}outcome != 'kept'",
    "{}outcome in ['scored', 'introduced']",
    "{}item == 'p'",
    "'q' == {}item",
    "{}item != 'p'",
    "{}basis == 'observed'",
    "{}reason == 'why'",
    "has({}reason)",
    "{}score > 1",
    "{}before == 0",
    "has({}after)",
    "{}changed",
    "{}contradicted || {}ambiguous",
    "has({}detail)",
    "size({}checks) == 0",
    "{}input.films[0] == {}item",
    "has({}output)",
];

/// A condition on such rows.
pub(super) fn any(choices: &mut Choices<'_>, entity: Entity) -> String {
    condition(choices, entity, "", 3)
}

fn condition(choices: &mut Choices<'_>, entity: Entity, of: &str, depth: u64) -> String {
    let inner = |choices: &mut Choices<'_>| condition(choices, entity, of, depth.saturating_sub(1));
    match choices.below(if depth == 0 { 4 } else { 10 }) {
        0..=3 => leaf(choices, entity, of, depth),
        4 | 5 => format!("({} && {})", inner(choices), inner(choices)),
        6 | 7 => format!("({} || {})", inner(choices), inner(choices)),
        8 => format!("!({})", inner(choices)),
        _ => format!("({} ? {} : {})", inner(choices), inner(choices), inner(choices)),
    }
}

fn leaf(choices: &mut Choices<'_>, entity: Entity, of: &str, depth: u64) -> String {
    let depth = depth.saturating_sub(1);
    match entity {
        Entity::Run if choices.chance(1, 2) => {
            let quantifier = choices.one(&["exists", "exists", "exists_one", "all"]);
            format!("{of}steps.{quantifier}(s, {})", condition(choices, Entity::Step, "s.", depth))
        }
        Entity::Decision if choices.chance(1, 2) => {
            condition(choices, Entity::Step, &format!("{of}step."), depth)
        }
        _ if choices.chance(1, 24) => choices.one(&["true", "false"]).to_owned(),
        Entity::Run => choices.one(RUN).replace("{}", of),
        Entity::Step => choices.one(STEP).replace("{}", of),
        Entity::Decision => choices.one(DECISION).replace("{}", of),
    }
}
