//! Kubernetes objects, the pods in them, and the containers in those.

mod container;
mod grammar;
mod object;
mod pod;
mod quantity;
mod rbac;
pub mod schema;
mod selector;
mod version;

pub(crate) use container::Parts;
pub use container::{Container, ContainerTitle, Role};
pub use grammar::{Grammar, Network, key_fault, label_fault, segment_fault, subdomain_fault, word_fault};
pub use object::{Object, ObjectTitle, objects};
pub use pod::{Lifetime, Os, Pod, pod_kinds, pods};
pub use quantity::{Quantity, QuantityError};
pub use rbac::{
    Grant, OPENSHIFT_RBAC_GROUP, RBAC_GROUP, RoleRef, Subject, grants, is_bootstrapped, role_ref, subjects,
};
pub use selector::{Requirement, Wanted, requirements};
pub use version::KubernetesVersion;
