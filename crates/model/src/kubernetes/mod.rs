//! Kubernetes objects, the pods in them, and the containers in those.

mod container;
mod object;
mod pod;
mod quantity;
mod selector;
mod version;

pub use container::{Container, Role};
pub use object::{Object, objects};
pub use pod::{Lifetime, Os, Pod, pods};
pub use quantity::{Quantity, QuantityError};
pub use selector::{Requirement, Wanted, requirements};
pub use version::KubernetesVersion;
