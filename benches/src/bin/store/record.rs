//! The workload as events in chunks: what the attribute's expansion would write, at the times that the workload says.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, bail};
use xray_collector::chunk::raw::commit_at;
use xray_collector::chunk::{Ended, Entered, Full, How, Pool, Record, Terms, Writer, writer};
use xray_collector::clock::{self, Calibration};
use xray_collector::event::{About, OuterRun};
use xray_collector::fact::{code_of_verdict, number};
use xray_collector::model::{Level, Outcome};
use xray_collector::value::UNKNOWN_LENGTH;

use crate::workload::{Decided, End, Function, Item, Key, Recorder, Said, Value};

/// The collector that is recorded for. There is one in a process.
pub(crate) const SESSION: u32 = 1;

static POOL: Mutex<Option<Arc<Pool>>> = Mutex::new(None);

/// Says where threads record from now on.
pub(crate) fn set_pool(pool: Option<Arc<Pool>>) {
    *POOL.lock().unwrap_or_else(PoisonError::into_inner) = pool;
}

fn pool() -> Option<Arc<Pool>> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The clock, backwards: the ticks at which something happened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticks {
    now: u64,
    now_ns: u64,
    ticks_per_ns: f64,
}

impl Ticks {
    /// Measures how long a tick is, against this baseline.
    pub(crate) fn measure(mut calibration: Calibration) -> Self {
        calibration.refine();
        let ticks_per_ns = 1.0 / calibration.reference().ns_per_tick;
        Self { now: clock::ticks(), now_ns: clock::unix_now_ns(), ticks_per_ns }
    }

    /// May be before the counter began: the collector takes the difference between two of them.
    fn at(&self, ns: u64) -> u64 {
        let since_ns = ns.wrapping_sub(self.now_ns).cast_signed();
        self.now.wrapping_add_signed((since_ns as f64 * self.ticks_per_ns) as i64)
    }
}

/// A step that has not ended.
#[derive(Debug, Clone, Copy)]
struct Open {
    function: Function,
    place: Entered,
    started: u64,
}

/// Records on the thread that calls it.
#[derive(Debug)]
pub(crate) struct Recording {
    ticks: Ticks,
    open: Vec<Open>,
}

impl Recording {
    pub(crate) fn new(ticks: Ticks) -> Self {
        Self { ticks, open: Vec::new() }
    }

    fn innermost(&self) -> anyhow::Result<&Open> {
        self.open.last().context("no step is open")
    }
}

fn terms(function: Function) -> Terms {
    Terms::new(SESSION, How::Values, function as u16, Level::Full)
}

impl Recorder for Recording {
    fn enter(&mut self, function: Function, at_ns: u64, arguments: &[Value<'_>]) -> anyhow::Result<()> {
        let started = self.ticks.at(at_ns);
        let mut writer = writer(SESSION, pool).ok().context("nothing is recorded any more")?;
        let step = writer.next_step();
        let (parent, run) = self.open.last().map_or((0, step), |open| (open.place.step, open.place.run));
        let place = Entered { step, parent, run, outer_run: OuterRun::None, level: Level::Full };
        let Ok(mut record) = Record::entered(writer, function.site(), terms(function), place) else {
            bail!("an event was dropped");
        };
        for argument in arguments {
            put(&mut record, argument)?;
        }
        commit_at(record, started);
        self.open.push(Open { function, place, started });
        Ok(())
    }

    fn say(&mut self, said: &Said<'_>) -> anyhow::Result<()> {
        let Entered { step, run, .. } = self.innermost()?.place;
        let writer = writer(SESSION, pool).ok().context("nothing is recorded any more")?;
        let mut record = Record::fact(writer, About { step, run }).context("a fact was dropped")?;
        put_fact(&mut record, said).map_err(|Full| anyhow::anyhow!("a fact does not fit"))?;
        record.close(false);
        record.commit();
        Ok(())
    }

    fn leave(&mut self, end: &End<'_>) -> anyhow::Result<()> {
        let Open { function, place, started } = *self.innermost()?;
        self.open.pop();
        let outcome = match (function, end.result) {
            (_, Err(_)) => Outcome::Err,
            (Function::FetchStock | Function::LoadProfile, Ok(_)) => Outcome::Ok,
            (_, Ok(_)) => Outcome::Returned,
        };
        let ended = Ended { place, started, ended: self.ticks.at(end.at_ns), outcome };
        let writer = writer(SESSION, pool).ok().context("nothing is recorded any more")?;
        let mut record =
            Record::left(writer, function.site(), terms(function), ended).context("an event was dropped")?;
        match end.result {
            Ok(value) => put(&mut record, &value)?,
            Err(message) => {
                put(&mut record, &Value::Text(message))?;
                // The messages of its sources: none.
                record.list(0).map_err(|Full| anyhow::anyhow!("an error does not fit"))?;
                record.close(false);
            }
        }
        record.commit();
        Ok(())
    }
}

fn put(writer: &mut Writer, value: &Value<'_>) -> anyhow::Result<()> {
    put_value(writer, value).map_err(|Full| anyhow::anyhow!("a value does not fit"))
}

fn put_value(writer: &mut Writer, value: &Value<'_>) -> Result<(), Full> {
    match value {
        Value::Bool(value) => writer.scalar(*value),
        Value::Whole(value) => writer.scalar(*value),
        Value::Number(value) => writer.scalar(*value),
        Value::Text(text) => writer.string(text),
        Value::Items(items) => put_list(writer, ("Item", "price"), items),
        Value::Ranked(items) => put_list(writer, ("Ranked", "score"), items),
        Value::Struct(name, fields) => {
            writer.structure(name)?;
            for (name, value) in *fields {
                writer.field(name)?;
                put_value(writer, value)?;
            }
            writer.close_fields(false);
            Ok(())
        }
    }
}

fn put_list(writer: &mut Writer, (name, value): (&'static str, &'static str), items: &[Item]) -> Result<(), Full> {
    writer.list(items.len() as u32)?;
    for item in items {
        writer.structure(name)?;
        writer.field("id")?;
        writer.string(Key::of(item.number).as_str())?;
        writer.field(value)?;
        writer.scalar(item.value)?;
        writer.close_fields(false);
    }
    writer.close(false);
    Ok(())
}

fn put_fact(writer: &mut Writer, said: &Said<'_>) -> Result<(), Full> {
    writer.list(UNKNOWN_LENGTH)?;
    match said {
        Said::Decided(Decided { item, verdict, reason }) => {
            writer.scalar(number::VERDICT)?;
            writer.string(Key::of(*item).as_str())?;
            writer.scalar(code_of_verdict(*verdict))?;
            match reason {
                Some(reason) => writer.string(reason)?,
                None => writer.scalar(())?,
            }
            // No score, no detail.
            writer.scalar(())?;
            writer.scalar(())
        }
        Said::Llm { model, tokens } => {
            writer.scalar(number::LLM)?;
            writer.map(UNKNOWN_LENGTH)?;
            for (name, text) in [("gen_ai.operation.name", "chat"), ("gen_ai.request.model", *model)] {
                writer.string(name)?;
                writer.string(text)?;
            }
            for (name, count) in [("gen_ai.usage.input_tokens", tokens.0), ("gen_ai.usage.output_tokens", tokens.1)] {
                writer.string(name)?;
                writer.scalar(count)?;
            }
            writer.close(false);
            Ok(())
        }
        Said::Meta(key, value) => {
            writer.scalar(number::META)?;
            writer.string(key)?;
            put_value(writer, value)
        }
        Said::Reason(text) => {
            writer.scalar(number::REASON)?;
            writer.string(text)
        }
    }
}
