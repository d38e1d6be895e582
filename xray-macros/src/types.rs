//! Written types, as far as the expansion has to understand them.

use syn::visit_mut::{self, VisitMut};
use syn::{ReturnType, Type, TypeParamBound};

/// The type without the invisible group of a macro's `$type:ty`, and without parentheses.
pub(crate) fn bare(written: &Type) -> &Type {
    match written {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        other => other,
    }
}

/// The type with `_` for each `impl Trait`.
pub(crate) fn without_opaque(written: &Type) -> Type {
    struct Opaque;

    impl VisitMut for Opaque {
        fn visit_type_mut(&mut self, node: &mut Type) {
            if matches!(node, Type::ImplTrait(_)) {
                *node = syn::parse_quote!(_);
            } else {
                visit_mut::visit_type_mut(self, node);
            }
        }
    }

    let mut written = written.clone();
    Opaque.visit_type_mut(&mut written);
    written
}

/// Whether the function returns an `impl Future` of which nothing is promised that a wrapper would not keep.
pub(crate) fn is_opaque_future(output: &ReturnType) -> bool {
    let ReturnType::Type(_, written) = output else { return false };
    let Type::ImplTrait(opaque) = bare(written) else { return false };
    let mut is_future = false;
    for bound in &opaque.bounds {
        let TypeParamBound::Trait(bound) = bound else { continue };
        let Some(last) = bound.path.segments.last() else { return false };
        match last.ident.to_string().as_str() {
            "Future" => is_future = true,
            "Send" | "Sync" | "Unpin" | "Sized" => {}
            _ => return false,
        }
    }
    is_future
}
