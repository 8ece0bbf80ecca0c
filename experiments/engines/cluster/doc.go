// Package cluster tests the manifests that sweep prints for Kubernetes: decoded strictly with Kubernetes' own types,
// and run by its own API server and Job controller. It is a module of its own because theirs are heavy.
package cluster
