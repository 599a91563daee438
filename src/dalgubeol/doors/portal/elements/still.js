// Draws a tree of plain elements, given as JSON: ["tag", {attribute: value}, [children]], where a string is text.
// Vue sets attributes and text one by one; nothing here is ever read as HTML.
const submit = (event) => event.target.form.requestSubmit();

const drawn = (node) => {
  if (typeof node === "string") return node;
  const [tag, attributes, children] = node;
  const given = attributes["data-submits"] ? { ...attributes, onChange: submit } : attributes;
  return Vue.h(tag, given, children.map(drawn));
};

export default {
  props: { tree: String },
  render() {
    return drawn(JSON.parse(this.tree));
  },
};
