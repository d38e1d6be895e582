//! How much of what was recorded does not fit the schema: counted here, away from the threads that record.
//!
//! The names of what does not fit are in the events whatever the schema does to the values, so that counting needs no
//! word from the recorder. A function that does not fit is said on the standard error stream, once.

use std::io::Write as _;
use std::sync::Arc;

use crate::map::FastMap;
use crate::model::Callsite;
use crate::schema::{FunctionFit, Part, Schema, SchemaVersion, Verdict};
use crate::store::SchemaRow;
use crate::value;

/// What a collector knows about its schema and what does not fit it.
#[derive(Debug, Default)]
pub(crate) struct Misfits {
    schema: Option<(SchemaVersion, Arc<Schema>)>,
    functions: FastMap<u32, Function>,
    count: u64,
}

#[derive(Debug, Default)]
struct Function {
    fit: FunctionFit,
    is_output_said: bool,
    is_note_said: bool,
}

impl Misfits {
    pub(crate) fn new(schema: Option<Arc<Schema>>) -> Self {
        Self { schema: schema.map(|schema| (schema.version(), schema)), ..Self::default() }
    }

    /// Whether there is anything to fit.
    pub(crate) fn has_schema(&self) -> bool {
        self.schema.is_some()
    }

    /// The version that runs name.
    pub(crate) fn version(&self) -> Option<SchemaVersion> {
        self.schema.as_ref().map(|(version, _)| *version)
    }

    /// What the store has to know before it can be named.
    pub(crate) fn row(&self, first_seen_ns: u64) -> Option<SchemaRow> {
        let (version, schema) = self.schema.as_ref()?;
        Some(SchemaRow { version: *version, first_seen_ns, schema: Arc::clone(schema) })
    }

    /// All that did not fit.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Counts on from here.
    pub(crate) fn set_count(&mut self, count: u64) {
        self.count = count;
    }

    /// A step began. How many misfits that is: 1 if its kind or an argument is not declared.
    pub(crate) fn entered(&mut self, number: u32, callsite: Option<&Arc<Callsite>>) -> u64 {
        let misfits = u64::from(self.function(number, callsite).is_some_and(|function| function.fit.is_misfit()));
        self.count += misfits;
        misfits
    }

    /// A step returned this value. How many misfits that is: 1 if a key of it is not declared.
    pub(crate) fn returned(
        &mut self,
        number: u32,
        callsite: Option<&Arc<Callsite>>,
        result: &[u8],
        names: &[Arc<str>],
    ) -> u64 {
        let Some(function) = self.function(number, callsite) else { return 0 };
        let kind = function.fit.kind;
        let (Some((_, schema)), Some(callsite)) = (&self.schema, callsite) else { return 0 };
        let Some(declared) = schema.declared(kind).filter(|declared| declared.keys(Part::Output).is_some()) else {
            return 0;
        };
        let mut misfit = None;
        // What does not decode is not the schema's to say.
        let _ = value::keys(result, names, |key| {
            if misfit.is_none() && !key.is_some_and(|key| declared.allows(Part::Output, key)) {
                misfit = Some(key.unwrap_or("a key that is no text").to_owned());
            }
        });
        let Some(key) = misfit else { return 0 };
        self.count += 1;
        let schema = Arc::clone(schema);
        if let Some(function) = self.functions.get_mut(&number)
            && !std::mem::replace(&mut function.is_output_said, true)
        {
            say(&schema, callsite, &format!("it returned {key:?}"));
        }
        1
    }

    /// The code noted something of a step under this key. How many misfits that is.
    pub(crate) fn said(&mut self, number: u32, callsite: Option<&Arc<Callsite>>, part: Part, key: &str) -> u64 {
        let (Some((_, schema)), Some(callsite)) = (&self.schema, callsite) else { return 0 };
        // A kind that is not declared was counted when the step began.
        let Verdict::UnknownKeys(_) = schema.check(&callsite.kind, part, [key]) else { return 0 };
        self.count += 1;
        let schema = Arc::clone(schema);
        if let Some(function) = self.functions.get_mut(&number)
            && !std::mem::replace(&mut function.is_note_said, true)
        {
            say(&schema, callsite, &format!("it noted {key:?}"));
        }
        1
    }

    fn function(&mut self, number: u32, callsite: Option<&Arc<Callsite>>) -> Option<&Function> {
        let (Some((_, schema)), Some(callsite)) = (&self.schema, callsite) else { return None };
        Some(self.functions.entry(number).or_insert_with(|| {
            let names = || callsite.arguments.iter().map(|name| &**name);
            match schema.check(&callsite.kind, Part::Input, names()) {
                Verdict::Fits => {}
                Verdict::UnknownKind => {
                    let known: Vec<_> = schema.kinds().iter().map(crate::schema::KindSchema::name).collect();
                    say(schema, callsite, &format!("its kind {:?} is none of {}", callsite.kind, known.join(", ")));
                }
                Verdict::UnknownKeys(keys) => {
                    say(schema, callsite, &format!("the input of {:?} has no {}", callsite.kind, keys.join(", ")));
                }
            }
            Function { fit: schema.function(&callsite.kind, names()), is_output_said: false, is_note_said: false }
        }))
    }
}

/// Not with `eprintln!`, which panics where nobody reads it.
fn say(schema: &Schema, callsite: &Callsite, what: &str) {
    let Callsite { name, file, line, .. } = callsite;
    let follows = match schema.on_mismatch() {
        crate::schema::OnMismatch::Warn => "it is captured all the same",
        crate::schema::OnMismatch::Reject => "its values are not captured",
        crate::schema::OnMismatch::Sanitize => "what is not declared is left out",
    };
    let said = format!("xray: {name} ({file}:{line}) does not fit the schema {:?}: {what}; {follows}", schema.name());
    let _ = writeln!(std::io::stderr(), "{said}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn callsite(kind: &str, arguments: &[&str]) -> Arc<Callsite> {
        Arc::new(Callsite {
            name: "suitable".into(),
            kind: kind.into(),
            module: "shop".into(),
            file: "src/shop.rs".into(),
            line: 3,
            arguments: arguments.iter().map(|name| (*name).into()).collect(),
            opens_run: false,
            items: "".into(),
            key: "".into(),
        })
    }

    #[test]
    fn each_call_and_each_result_that_does_not_fit_counts_once() {
        let schema = Schema::new("shop").kind("filter", |kind| kind.input(["a"]).output(["title"]));
        let mut misfits = Misfits::new(Some(schema.into()));
        let [fits, extra, unknown, exempt] = [
            callsite("filter", &["a"]),
            callsite("filter", &["a", "b", "c"]),
            callsite("filtre", &["a"]),
            callsite("", &["z"]),
        ];
        for (number, callsite, expected) in
            [(1, &fits, 0), (2, &extra, 1), (2, &extra, 1), (3, &unknown, 1), (4, &exempt, 0)]
        {
            assert_eq!(misfits.entered(number, Some(callsite)), expected, "{number}");
        }
        let names = ["Pick".into(), "title".into(), "secret".into()];
        let pick = |field| [0x42, 0, 0, 1, 0, 0, field, 0, 0, 0xff, 0x7f];
        for (number, callsite, field, expected) in
            [(1, &fits, 1, 0), (1, &fits, 2, 1), (2, &extra, 2, 1), (3, &unknown, 2, 0), (4, &exempt, 2, 0)]
        {
            assert_eq!(misfits.returned(number, Some(callsite), &pick(field), &names), expected, "{number} {field}");
        }
        assert_eq!(misfits.entered(5, None), 0);
        assert_eq!(misfits.count(), 5);
        assert_eq!(Misfits::default().entered(2, Some(&extra)), 0, "without a schema all fits");
    }
}
