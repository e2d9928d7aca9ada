// The least that a Worker can do: what is left is the cost of the runtime.
export default {
  fetch() {
    return new Response("hello");
  },
};
