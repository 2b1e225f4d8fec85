//! `allowed(x) = y { … } { … }`: several bodies behind one head.
//!
//! The interpreter refuses them for sets and forgets all but the first for functions, so each body gets the head again.

use super::Edit;
use super::outline::Outline;

pub(super) fn rewrite(outline: &Outline<'_>, edits: &mut Vec<Edit>) {
    for rule in &outline.rules {
        let mut bodies = outline.within(rule).iter().filter(|block| block.is_body && block.parent.is_none());
        let Some(first) = bodies.next() else { continue };
        let mut last = first.close;
        for body in bodies {
            // Behind `else`, or behind the object that is its value, a body has no head of its own.
            if body.open.checked_sub(1) != Some(last) {
                break;
            }
            last = body.close;
            let tokens =
                (outline.tokens.get(rule.start), outline.tokens.get(first.open), outline.tokens.get(body.open));
            let (Some(head), Some(end), Some(brace)) = tokens else { break };
            let Some(head) = outline.text.get(head.start..end.start).filter(|head| !head.contains('#')) else { break };
            edits.push(Edit { start: brace.start, end: brace.start, text: head.replace(['\n', '\r'], " ") });
        }
    }
}
