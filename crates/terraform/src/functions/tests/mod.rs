//! Tables of calls and what they come to.
