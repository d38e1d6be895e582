import{r as e}from"./rolldown-runtime-XKyaHtl9.js";import{Ea as t,Oa as n,et as r,t as i}from"./shared-BsOnxWqT.js";import{l as a}from"./index-viNeQYTL.js";import{t as o}from"./StepPanel-zAZ1LXtH.js";var s=e(n(),1),c={captured:`/// Reads a captured value as whatever the parameter is: a value, a reference, a slice. What is lent is never freed.
fn captured<T: Captured<How>, How>(json: &str) -> T {
    let json: serde_json::Value = serde_json::from_str(json).expect("what was captured is JSON");
    T::read(Box::leak(Box::new(json)))
}

#[diagnostic::on_unimplemented(
    message = "\`{Self}\` cannot be read from JSON",
    note = "derive \`serde::Deserialize\` for it, or build the argument by hand"
)]
trait Captured<How> {
    fn read(json: &'static serde_json::Value) -> Self;
}

struct Value;
impl<T: serde::Deserialize<'static>> Captured<Value> for T {
    fn read(json: &'static serde_json::Value) -> Self {
        T::deserialize(json).expect("the value fits its type")
    }
}

struct Reference;
impl<T: serde::de::DeserializeOwned> Captured<Reference> for &'static T {
    fn read(json: &'static serde_json::Value) -> Self {
        Box::leak(Box::new(T::deserialize(json).expect("the value fits its type")))
    }
}

struct Slice;
impl<T: serde::de::DeserializeOwned> Captured<Slice> for &'static [T] {
    fn read(json: &'static serde_json::Value) -> Self {
        <Vec<T> as serde::Deserialize>::deserialize(json).expect("the list fits its type").leak()
    }
}

struct Mutable;
impl<T: serde::de::DeserializeOwned> Captured<Mutable> for &'static mut T {
    fn read(json: &'static serde_json::Value) -> Self {
        Box::leak(Box::new(T::deserialize(json).expect("the value fits its type")))
    }
}`,assertSame:`/// Compares as JSON, so that the type needs neither PartialEq nor Debug.
fn assert_same(outcome: &impl serde::Serialize, captured: &str) {
    let outcome = serde_json::to_value(outcome).expect("the result can be serialized");
    let captured = serde_json::from_str(captured).expect("what was captured is JSON");
    if let Some(difference) = difference(&outcome, &captured, "") {
        panic!("{difference}");
    }
}

/// Where two values differ first. 9 and 9.0 are the same, and so are numbers that only reading makes differ.
fn difference(now: &serde_json::Value, then: &serde_json::Value, at: &str) -> Option<String> {
    use serde_json::Value::{Array, Number, Object};
    let near = |a: f64, b: f64| (a - b).abs() <= 4.0 * f64::EPSILON * a.abs().max(b.abs());
    match (now, then) {
        (Number(a), Number(b)) if a.is_f64() || b.is_f64() => {
            let same = a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| near(a, b));
            (!same).then(|| format!("at {at:?}: {a} now, {b} then"))
        }
        (Array(a), Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(index, (a, b))| difference(a, b, &format!("{at}/{index}")))
        }
        (Object(a), Object(b)) if a.len() == b.len() => a.iter().find_map(|(name, a)| {
            let at = format!("{at}/{name}");
            difference(a, b.get(name).unwrap_or(&serde_json::Value::Null), &at)
        }),
        _ => (now != then).then(|| format!("at {at:?}: {now} now, {then} then")),
    }
}`},l=2e4;function u(e,t=!1){let n=[],r=[],i=(t,{json:r,path:i})=>{if(r!==void 0&&r.length<=l)return _(r);let a=`${g(e.name)}.${g(t)}.json`;return n.push({name:a,path:i}),`include_str!(${v(a)})`},a=[],o=e.arguments.map(e=>{let t=h(e.name),n=f(e);if(n===void 0)return a.push(`let ${t} = ${i(e.name,e)};`),`captured(${t})`;let o=`the argument \`${e.name}\` ${n}: write it here`;return r.push(o),`compile_error!(${v(o)})`}),s=`${p(e)}(${o.join(`, `)})${t?`.await`:``}`,{asserts:u,comparesWith:m}=d(e,i,r),S=t?`#[tokio::test]`:`#[test]`,C=e.outcome===`panicked`?[`#[should_panic(expected = ${v(y(e.error))})]`]:[],w=`${g(e.name)}_as_captured`,T=[...a,`let ${u.length>0?`outcome`:`_outcome`} = ${s};`,...u],E=[...a.length>0?[c.captured]:[],...m?[c.assertSame]:[]].join(`

`);return{code:`// For ${b(e.file)}: at its end, \`${b(e.name)}\` can be called even if it is private.
// Arguments that the attribute skips are not captured: add them to the call. The types need \`serde::Deserialize\`.
#[cfg(test)]
mod ${w} {
    /// Run ${e.run}, step ${e.id}.
    ${S}
${C.map(e=>`    ${e}\n`).join(``)}    ${t?`async `:``}fn does_what_it_did() {
${T.map(e=>x(e,8)).join(`
`)}
    }
${E&&`\n${x(E,4)}\n`}}
`,files:n,missing:r}}function d(e,t,n){let{outcome:r,result:i,error:a}=e;if(r===`err`)return{asserts:[...a===void 0?[]:[`// ${b(y(a))}`],`assert!(matches!(outcome, Err(_)), "it succeeded");`],comparesWith:!1};if(r!==`ok`&&r!==`returned`)return r!==`panicked`&&n.push(`the step is ${r}: nothing is known of what came out`),{asserts:[],comparesWith:!1};let o=r===`ok`?[`let Ok(outcome) = outcome else { panic!("it failed") };`]:[],s=i&&f(i);if(!i||s!==void 0){let e=`the result ${s??`was not captured`}: say what has to hold of it`;return n.push(e),{asserts:[...o,`let _ = outcome;`,`// ${b(e)}`],comparesWith:!1}}return{asserts:[...o,`assert_same(&outcome, ${t(`result`,i)});`],comparesWith:!0}}function f({level:e,cut:t,redacted:n}){if(e===`debug_text`)return`was captured as debug text, for its type is not Serialize`;if(e===`type_name`)return`was captured as the name of its type, for that is neither Serialize nor Debug`;if(e===`panicked`)return`could not be captured, for its Serialize or Debug panicked`;if(e===`redacted`)return`was redacted`;if(n&&n.length>0)return`was redacted at ${n[0]||`its root`}`;if(t&&t.length>0)return`was truncated at ${t[0]?.pointer||`its root`}`}function p({module:e,name:t}){let[,...n]=e.split(`::`);return[`crate`,...[...n,t].map(e=>h(e.replace(/^r#/,``)))].join(`::`)}var m=/^(as|async|await|box|break|const|continue|do|dyn|else|enum|extern|false|final|fn|for|gen|if|impl|in|let|loop|macro|match|mod|move|mut|override|priv|pub|ref|return|static|struct|trait|true|try|type|typeof|unsafe|unsized|use|virtual|where|while|yield|abstract|become)$/;function h(e){let t=g(e);return/^(self|Self|super|crate)$/.test(t)||/^(outcome|captured|assert_same|difference)$/.test(t)?`${t}_given`:m.test(t)?`r#${t}`:t}function g(e){let t=e.replace(/[^A-Za-z0-9_]+/g,`_`).replace(/^(?=\d)/,`_`);return/^_*$/.test(t)?`value${t}`:t}function _(e){let t=Array.from(e.matchAll(/"(#*)/g),([,e=``])=>e.length+1),n=`#`.repeat(t.length>0?Math.max(...t):1);return`r${n}"${e.replaceAll(`\r`,` `)}"${n}`}function v(e){return`"${e.replace(/[\\"]/g,`\\$&`).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu,e=>`\\u{${e.codePointAt(0)?.toString(16)}}`)}"`}var y=(e=``)=>(e.split(/[\r\n]/)[0]??``).slice(0,300),b=e=>e.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu,` `),x=(e,t)=>e.split(`
`).map(e=>e===``?``:` `.repeat(t)+e).join(`
`),S=t();function C({step:e,onClose:t}){let[n,c]=(0,s.useState)(!1),{code:l,files:d,missing:f}=(0,s.useMemo)(()=>{let{detail:t}=e,{input:r,output:i}=a(e),o=i.find(({part:e})=>e===`result`),s=`/api/v1/runs/${encodeURIComponent(t.run)}/steps/${encodeURIComponent(t.id)}/values/`,c=({part:e,title:t,raw:n,captured:r})=>({name:t,level:r.level,cut:r.cut??[],redacted:r.redacted??[],json:n,path:s+e});return u({...t,arguments:r.filter(({part:e})=>e.startsWith(`arguments`)).map(c),result:o&&c(o),error:t.error?.message},n)},[e,n]);return(0,S.jsxs)(r,{title:`${e.detail.name} as a test`,open:!0,onOpenChange:t,children:[(0,S.jsxs)(`div`,{className:o.form,children:[(0,S.jsxs)(`div`,{className:o.title,children:[(0,S.jsxs)(`label`,{className:o.check,children:[(0,S.jsx)(`input`,{type:`checkbox`,checked:n,onChange:e=>c(e.target.checked)}),(0,S.jsxs)(`span`,{children:[`It is an `,(0,S.jsx)(`code`,{children:`async fn`})]})]}),(0,S.jsx)(`span`,{className:o.actions,children:(0,S.jsx)(i,{text:l,label:`Copy test`})})]}),f.length>0&&(0,S.jsxs)(`div`,{className:o.missing,role:`note`,children:[`Before it compiles:`,(0,S.jsx)(`ul`,{children:f.map(e=>(0,S.jsx)(`li`,{children:e},e))})]}),d.length>0&&(0,S.jsxs)(`p`,{children:[`Large values are files beside it:`,` `,d.map(({name:e,path:t},n)=>(0,S.jsxs)(`span`,{children:[n>0&&`, `,(0,S.jsx)(`a`,{href:t,download:e,children:e})]},e))]})]}),(0,S.jsx)(`section`,{className:o.code,tabIndex:0,"aria-label":`Test`,children:(0,S.jsx)(`pre`,{children:l})})]})}export{C as CopyAsTest};