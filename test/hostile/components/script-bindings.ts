/** A node of acorn's tree; which fields it has depends on its type. */
export interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

export const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string";

/** The children of a node, in the order of its fields. */
export function childrenOf(node: Node): Node[] {
  return Object.values(node).flatMap((value) =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [],
  );
}

/** The names of one block, function or script; what each is bound to. */
class Scope {
  readonly #bindings = new Map<string, string>();
  readonly #outer: Scope | undefined;
  readonly isFunction: boolean;

  constructor(outer: Scope | undefined, isFunction: boolean) {
    this.#outer = outer;
    this.isFunction = isFunction;
  }

  declare(name: string, binding: string): void {
    // Twice the same name is one variable (`var`, functions) or was a syntax error.
    if (!this.#bindings.has(name)) this.#bindings.set(name, binding);
    else this.#bindings.set(name, `${this.#bindings.get(name)}&${binding}`);
  }

  find(name: string): string {
    return this.#bindings.get(name) ?? this.#outer?.find(name) ?? `global ${name}`;
  }
}

/**
 * What each identifier of a script stands for: the place of its declaration in the tree, or `global x`.
 * So two scripts that differ in names alone, without a name that hides another, have the same bindings.
 */
export function bindingsOf(script: Node): Map<Node, string> {
  const bindings = new Map<Node, string>();
  let declarations = 0;
  const declare = (pattern: Node, scope: Scope): void => {
    for (const name of boundBy(pattern)) {
      const binding = `#${declarations++}`;
      scope.declare(String(name["name"]), binding);
    }
  };

  const visit = (node: Node, scope: Scope): void => {
    switch (node.type) {
      case "Identifier":
        bindings.set(node, scope.find(String(node["name"])));
        return;
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression": {
        // The name of an expression is seen inside of it alone.
        const around = new Scope(scope, false);
        if (isNode(node["id"])) {
          if (node.type === "FunctionExpression") declare(node["id"], around);
          visit(node["id"], around);
        }
        const inner = new Scope(around, true);
        const parameters = (node["params"] as Node[]) ?? [];
        for (const parameter of parameters) declare(parameter, inner);
        const body = node["body"] as Node;
        hoist(body, inner, declare);
        for (const parameter of parameters) visit(parameter, inner);
        if (body.type === "BlockStatement") {
          declareLexical(body["body"] as Node[], inner, declare);
          for (const statement of body["body"] as Node[]) visit(statement, inner);
        } else visit(body, inner);
        return;
      }
      case "ClassDeclaration":
      case "ClassExpression": {
        const inner = new Scope(scope, false);
        if (isNode(node["id"])) {
          if (node.type === "ClassExpression") declare(node["id"], inner);
          visit(node["id"], inner);
        }
        if (isNode(node["superClass"])) visit(node["superClass"], inner);
        visit(node["body"] as Node, inner);
        return;
      }
      case "Program": {
        hoist(node, scope, declare);
        declareLexical(node["body"] as Node[], scope, declare);
        break;
      }
      case "BlockStatement":
      case "StaticBlock":
      case "ForStatement":
      case "ForInStatement":
      case "ForOfStatement":
      case "SwitchStatement":
      case "CatchClause": {
        const inner = new Scope(scope, false);
        if (isNode(node["param"])) declare(node["param"], inner);
        const statements = [
          ...(Array.isArray(node["body"]) ? (node["body"] as Node[]) : []),
          ...((node["cases"] as Node[]) ?? []).flatMap((one) => one["consequent"] as Node[]),
          ...["init", "left"].map((field) => node[field]).filter(isNode),
        ];
        declareLexical(statements, inner, declare);
        for (const child of childrenOf(node)) visit(child, inner);
        return;
      }
      case "MemberExpression":
        visit(node["object"] as Node, scope);
        if (node["computed"] === true) visit(node["property"] as Node, scope);
        return;
      case "Property":
      case "PropertyDefinition":
      case "MethodDefinition":
        if (node["computed"] === true) visit(node["key"] as Node, scope);
        if (isNode(node["value"])) visit(node["value"], scope);
        return;
      case "LabeledStatement":
        visit(node["body"] as Node, scope);
        return;
      case "BreakStatement":
      case "ContinueStatement":
      case "MetaProperty":
        return;
      default:
    }
    for (const child of childrenOf(node)) visit(child, scope);
  };
  visit(script, new Scope(undefined, true));
  return bindings;
}

/** The identifiers that a pattern binds. */
function boundBy(pattern: Node): Node[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern];
    case "ObjectPattern":
      return (pattern["properties"] as Node[]).flatMap((property) =>
        boundBy((property["value"] ?? property["argument"]) as Node),
      );
    case "ArrayPattern":
      return (pattern["elements"] as (Node | null)[]).flatMap((item) =>
        item ? boundBy(item) : [],
      );
    case "AssignmentPattern":
      return boundBy(pattern["left"] as Node);
    case "RestElement":
      return boundBy(pattern["argument"] as Node);
    default:
      return [];
  }
}

type Declare = (pattern: Node, scope: Scope) => void;

/** `let`, `const`, classes and functions of one list of statements. */
function declareLexical(statements: readonly Node[], scope: Scope, declare: Declare): void {
  for (const statement of statements) {
    if (statement.type === "FunctionDeclaration" || statement.type === "ClassDeclaration") {
      declare(statement["id"] as Node, scope);
    } else if (statement.type === "VariableDeclaration" && statement["kind"] !== "var") {
      for (const one of statement["declarations"] as Node[]) declare(one["id"] as Node, scope);
    }
  }
}

/** `var`, wherever it stands in a function. */
function hoist(node: Node, scope: Scope, declare: Declare): void {
  if (/Function|^Class/.test(node.type)) return;
  if (node.type === "VariableDeclaration" && node["kind"] === "var") {
    for (const one of node["declarations"] as Node[]) declare(one["id"] as Node, scope);
  }
  for (const child of childrenOf(node)) hoist(child, scope, declare);
}
