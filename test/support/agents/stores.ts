import { InMemoryTaskStore, type TaskStore } from '@a2a-js/sdk/server';

/** The SDK's own store, which can be emptied. */
export class ForgetfulTaskStore implements TaskStore {
  #store = new InMemoryTaskStore();

  save: TaskStore['save'] = (task, context) => this.#store.save(task, context);

  load: TaskStore['load'] = (taskId, context) => this.#store.load(taskId, context);

  list: TaskStore['list'] = (params, context) => this.#store.list(params, context);

  forget(): void {
    this.#store = new InMemoryTaskStore();
  }
}
