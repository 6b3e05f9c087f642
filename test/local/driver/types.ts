import type { Controller } from '../../../local/driver/controller.ts';
import type { ResourceType, StoredObject } from '../../../local/driver/store.ts';

/** Types and controllers that are none of ours: the driver knows only Metacontroller's contract. */

function type(apiVersion: string, kind: string, resource: string, options: Partial<ResourceType> = {}): ResourceType {
  return { apiVersion, kind, resource, namespaced: true, statusSubresource: false, ...options };
}

export const gardens = type('example.test/v1', 'Garden', 'gardens', { statusSubresource: true });
export const services = type('v1', 'Service', 'services');
export const configMaps = type('v1', 'ConfigMap', 'configmaps');
export const deployments = type('apps/v1', 'Deployment', 'deployments', { statusSubresource: true });
export const namespaces = type('v1', 'Namespace', 'namespaces', { namespaced: false });
export const allTypes = [gardens, services, configMaps, deployments, namespaces];

export const composite: Controller = {
  kind: 'CompositeController',
  name: 'gardens',
  object: { apiVersion: 'metacontroller.k8s.io/v1alpha1', kind: 'CompositeController', metadata: { name: 'gardens' } },
  parents: [{ type: gardens, ignoreStatusChanges: true }],
  children: [
    { type: deployments, updateMethod: 'InPlace' },
    { type: services, updateMethod: 'InPlace' },
  ],
  generateSelector: true,
  syncHook: { path: '/sync', url: 'http://hooks.test/sync', timeoutMs: 1000 },
};

export const decorator: Controller = {
  ...composite,
  kind: 'DecoratorController',
  name: 'plants',
  children: [{ type: configMaps, updateMethod: 'InPlace' }],
  generateSelector: false,
};

export const parent: StoredObject = {
  apiVersion: 'example.test/v1',
  kind: 'Garden',
  metadata: { name: 'rose', namespace: 'park', uid: 'uid-rose', resourceVersion: '1', generation: 4 },
};

export const ownerReference = {
  apiVersion: 'example.test/v1',
  kind: 'Garden',
  name: 'rose',
  uid: 'uid-rose',
  controller: true,
  blockOwnerDeletion: true,
} as const;
