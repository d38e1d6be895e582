//! Written types, as far as the expansion has to understand them.

use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{GenericArgument, PathArguments, ReturnType, Type, TypeImplTrait, TypeParamBound};

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

/// Whether what the function returns is no boxed future by the way it is written: the standard library's types, by the
/// names that everybody gives them. Of other names it is found out by type, which costs the compiler more.
pub(crate) fn is_no_future(output: &ReturnType) -> bool {
    const VALUES: [&str; 16] = [
        "Arc", "BTreeMap", "BTreeSet", "Box", "Cow", "Duration", "HashMap", "HashSet", "Instant", "Option", "Ordering",
        "PathBuf", "Rc", "Result", "String", "Vec",
    ];
    let ReturnType::Type(_, written) = output else { return true };
    match bare(written) {
        Type::Reference(_) | Type::Ptr(_) | Type::Tuple(_) | Type::Array(_) | Type::Slice(_) => true,
        Type::Path(path) if path.qself.is_none() => path
            .path
            .segments
            .last()
            .is_some_and(|last| VALUES.iter().chain(&PRIMITIVES).any(|value| last.ident == value)),
        _ => false,
    }
}

/// Whether what the function returns may, as it is written, be or hold a list of items.
pub(crate) fn may_hold_items(output: &ReturnType) -> bool {
    const LISTS: [&str; 11] = [
        "BTreeMap",
        "BTreeSet",
        "BinaryHeap",
        "HashMap",
        "HashSet",
        "IndexMap",
        "IndexSet",
        "LinkedList",
        "SmallVec",
        "Vec",
        "VecDeque",
    ];

    struct Lists(bool);

    impl<'ast> Visit<'ast> for Lists {
        fn visit_type(&mut self, node: &'ast Type) {
            self.0 |= matches!(node, Type::Slice(_) | Type::Array(_));
            visit::visit_type(self, node);
        }
        fn visit_path_segment(&mut self, node: &'ast syn::PathSegment) {
            self.0 |= LISTS.iter().any(|list| node.ident == list);
            visit::visit_path_segment(self, node);
        }
    }

    let mut lists = Lists(false);
    lists.visit_return_type(output);
    lists.0
}

/// The names of the primitive types.
pub(crate) const PRIMITIVES: [&str; 17] = [
    "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32",
    "f64", "str",
];

/// Whether the function returns an `impl Fn(…)`, bare or inside of another type. Its bound tells the compiler what the
/// parameters of the closure are, which gets lost where `_` stands for it.
pub(crate) fn has_opaque_closure(output: &ReturnType) -> bool {
    struct Closures(bool);

    impl<'ast> Visit<'ast> for Closures {
        fn visit_type_impl_trait(&mut self, node: &'ast TypeImplTrait) {
            for bound in &node.bounds {
                if let TypeParamBound::Trait(bound) = bound {
                    let last = bound.path.segments.last();
                    self.0 |= last.is_some_and(|last| matches!(last.arguments, PathArguments::Parenthesized(_)));
                }
            }
            visit::visit_type_impl_trait(self, node);
        }
    }

    let mut closures = Closures(false);
    closures.visit_return_type(output);
    closures.0
}

/// Whether the error of the `Result` that a function returns may, as it is written, hold something that does not live
/// for ever. An `impl<T: 'static> Error for E<T>` would then be found by its method and refused by its bound: lifetimes
/// are not looked at when a method is chosen.
pub(crate) fn may_borrow_in_error(output: &ReturnType) -> bool {
    let ReturnType::Type(_, written) = output else { return false };
    let Type::Path(result) = bare(written) else { return false };
    let Some(PathArguments::AngleBracketed(arguments)) = result.path.segments.last().map(|last| &last.arguments) else {
        return false;
    };
    let mut types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(argument) => Some(argument),
        _ => None,
    });
    let Some(error) = types.nth(1) else { return false };
    match bare(error) {
        Type::Path(path) => {
            let begins_with_self = path.path.segments.first().is_some_and(|first| first.ident == "Self");
            let has_arguments = path.path.segments.iter().any(|segment| !segment.arguments.is_none());
            path.qself.is_some() || begins_with_self || has_arguments
        }
        _ => true,
    }
}
