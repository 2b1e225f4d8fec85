//! What several rules for Dockerfiles ask for: instructions by stage, image references, and places with a name.

use portcullis_core::{Place, Span, StableHash};
use portcullis_model::dockerfile::{Base, ImageWord, SourceTarget, Stage};
use portcullis_syntax::dockerfile::{Args, Instruction, Keyword, Word};

use super::Image;

/// An instruction and the stage that it stands in; for ONBUILD, the instruction that it holds.
pub(super) struct Step<'b, 'd> {
    pub(super) stage: &'b Stage<'d>,
    pub(super) instruction: &'d Instruction,
}

impl Step<'_, '_> {
    /// A place in the instruction; `text` names it when lines move, and is never a secret.
    pub(super) fn place(&self, span: Span, text: &str) -> Place {
        place(Some(self.stage), self.instruction.keyword, span, text)
    }
}

/// The instructions of these kinds in every stage, in order.
pub(super) fn steps<'b, 'd>(image: &'b Image<'d>, keywords: &'b [Keyword]) -> impl Iterator<Item = Step<'b, 'd>> {
    image.build.stages.iter().flat_map(move |stage| {
        let triggered = stage.instructions.iter().map(|instruction| instruction.triggered());
        triggered
            .filter(move |instruction| keywords.contains(&instruction.keyword))
            .map(move |instruction| Step { stage, instruction })
    })
}

/// Those of the last stage and the stages that it is built from.
pub(super) fn final_steps<'b, 'd>(image: &'b Image<'d>, keywords: &'b [Keyword]) -> impl Iterator<Item = Step<'b, 'd>> {
    steps(image, keywords).filter(|step| step.stage.is_final)
}

/// The image or stage of a stage's FROM.
pub(super) fn from_word<'d>(stage: &Stage<'d>) -> Option<&'d Word> {
    match &stage.from?.args {
        Args::From(from) => Some(&from.image),
        _ => None,
    }
}

/// A place with a name that survives moved lines: stage, instruction and what is written there.
pub(super) fn place(stage: Option<&Stage<'_>>, keyword: Keyword, span: Span, text: &str) -> Place {
    let mut structure = StableHash::new();
    match stage {
        Some(Stage { name: Some(name), .. }) => structure.text(&name.as_str().to_lowercase()),
        Some(stage) => structure.number(stage.index as u64),
        None => structure.text("preamble"),
    }
    structure.text(keyword.name());
    let mut value = StableHash::new();
    value.text(text);
    Place { span, structure: structure.short(), value: value.short() }
}

/// A path of a stage without `.`, from the root; where no WORKDIR is known, the root is what it is relative to.
pub(super) fn absolute(image: &Image<'_>, instruction: &Instruction, path: &str) -> String {
    let mut whole = String::new();
    if !path.starts_with('/')
        && let Some(workdir) = image.build.effective_at(instruction, Keyword::Workdir)
        && let Some(word) = workdir.words().first()
    {
        whole.push_str(image.build.variables_at(workdir).expand(word).text.trim());
    }
    whole.push('/');
    whole.push_str(path);
    let parts = whole.split('/').filter(|part| !matches!(*part, "" | "."));
    parts.fold(String::new(), |path, part| path + "/" + part)
}

/// Where an image is named.
pub(super) struct ImageUse<'b> {
    pub(super) image: &'b ImageWord,
    pub(super) place: Place,
    pub(super) by: ImageUser,
}

/// What names an image.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ImageUser {
    /// FROM.
    Base,
    /// COPY --from or RUN --mount from=. A name without tag or path may also be a build context of the command line.
    Source,
}

/// Hands every image that the file names to `visit`; stages and `scratch` are none.
pub(super) fn images(image: &Image<'_>, mut visit: impl FnMut(&ImageUse<'_>)) {
    for stage in &image.build.stages {
        let Base::Image(word) = &stage.base else { continue };
        let place = place(Some(stage), Keyword::From, word.span(), &word.expanded.text);
        visit(&ImageUse { image: word, place, by: ImageUser::Base });
    }
    for source in image.build.copy_sources() {
        let SourceTarget::Image(word) = &source.target else { continue };
        let stage = image.build.stages.get(source.stage);
        let place = place(stage, source.instruction.keyword, word.span(), &word.expanded.text);
        visit(&ImageUse { image: word, place, by: ImageUser::Source });
    }
}
