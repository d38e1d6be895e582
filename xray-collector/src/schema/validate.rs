//! Contradictions: what a schema can say that nobody can mean.

use std::collections::BTreeSet;

use super::{OnMismatch, Part, Schema};

/// Why a schema makes no sense, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// It has no name.
    #[error("a schema without a name cannot be told from others: give it one, as in `xray::schema(\"shop\")`")]
    NoName,
    /// It declares nothing.
    #[error("schema {schema:?} declares no kind, so that no step fits it: add `.kind(…)`, or start without a schema")]
    NoKinds {
        /// The schema.
        schema: String,
    },
    /// A kind has no name.
    #[error(
        "schema {schema:?} declares a kind without a name: a step without a kind is not checked, whatever it carries; \
         name the kind, or take it out"
    )]
    UnnamedKind {
        /// The schema.
        schema: String,
    },
    /// A kind is declared more than once.
    #[error("schema {schema:?} declares the kind {kind:?} twice: say all about it in one `.kind({kind:?}, …)`")]
    KindTwice {
        /// The schema.
        schema: String,
        /// The kind.
        kind: String,
    },
    /// A key is an empty text.
    #[error("the {part} of the kind {kind:?} has an empty key, which nothing is called: name it, or take it out")]
    EmptyKey {
        /// The kind.
        kind: String,
        /// `input`, `output`, `reasoning` or `meta`.
        part: &'static str,
    },
    /// A name or key begins or ends with a blank.
    #[error("{text:?} begins or ends with a blank, as nothing that is captured does: write {meant:?}")]
    Blank {
        /// What is written.
        text: String,
        /// The same without.
        meant: String,
    },
    /// Nothing can ever be captured of a kind.
    #[error(
        "the kind {kind:?} allows no key in any of its parts and what does not fit is rejected, so that nothing can \
         ever be captured of its steps: allow a key, leave a part undeclared to allow anything in it, or put \
         `capture = \"metrics\"` on the steps"
    )]
    NothingAllowed {
        /// The kind.
        kind: String,
    },
}

impl Schema {
    /// Whether it makes sense.
    ///
    /// # Errors
    /// With the first contradiction.
    pub fn validate(&self) -> Result<(), SchemaError> {
        let schema = || self.name.to_string();
        if self.name.is_empty() {
            return Err(SchemaError::NoName);
        }
        if self.kinds.is_empty() {
            return Err(SchemaError::NoKinds { schema: schema() });
        }
        not_blank(&self.name)?;
        // They are in order: what is declared twice lies side by side.
        if let Some(pair) = self.kinds.windows(2).find(|pair| pair[0].kind == pair[1].kind) {
            return Err(SchemaError::KindTwice { schema: schema(), kind: pair[0].kind.to_string() });
        }
        for declared in &self.kinds {
            let kind = || declared.kind.to_string();
            if declared.kind.is_empty() {
                return Err(SchemaError::UnnamedKind { schema: schema() });
            }
            not_blank(&declared.kind)?;
            for part in Part::ALL {
                for key in declared.keys(part).into_iter().flatten() {
                    if key.is_empty() {
                        return Err(SchemaError::EmptyKey { kind: kind(), part: part.as_str() });
                    }
                    not_blank(key)?;
                }
            }
            let allows_nothing = Part::ALL.iter().all(|part| declared.keys(*part).is_some_and(BTreeSet::is_empty));
            if allows_nothing && self.on_mismatch == OnMismatch::Reject {
                return Err(SchemaError::NothingAllowed { kind: kind() });
            }
        }
        Ok(())
    }
}

fn not_blank(text: &str) -> Result<(), SchemaError> {
    let meant = text.trim();
    if meant.len() == text.len() {
        return Ok(());
    }
    Err(SchemaError::Blank { text: text.to_owned(), meant: meant.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::KindSchema;

    const NONE: [&str; 0] = [];

    fn closed(kind: KindSchema) -> KindSchema {
        kind.input(NONE).output(NONE).reasoning(NONE).meta(NONE)
    }

    #[test]
    fn contradictions_say_what_to_do() {
        let shop = || Schema::new("shop");
        for (schema, said) in [
            (Schema::new("").kind("filter", |kind| kind), "give it one"),
            (shop(), r#"schema "shop" declares no kind"#),
            (shop().kind("", |kind| kind), "a kind without a name"),
            (shop().kind("a", |kind| kind).kind("b", |kind| kind).kind("a", |kind| kind), r#"the kind "a" twice"#),
            (shop().kind("a", |kind| kind.meta(["x", ""])), r#"the meta of the kind "a" has an empty key"#),
            (shop().kind("a", |kind| kind.input([" limit"])), r#"write "limit""#),
            (shop().kind("a ", |kind| kind), r#"write "a""#),
            (shop().kind("a", closed).reject(), r#"the kind "a" allows no key in any of its parts"#),
        ] {
            let error = schema.validate().expect_err(said).to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn what_can_be_meant_is_accepted() {
        let shop = || Schema::new("shop");
        for schema in [
            shop().kind("a", |kind| kind),
            shop().kind("a", closed).sanitize(),
            shop().kind("a", closed).warn(),
            shop().kind("a", |kind| kind.input(NONE)).reject(),
        ] {
            assert_eq!(schema.validate(), Ok(()));
        }
    }
}
