// What casbin and cedar make of the eight rules of policies.c: prints "NAME DECISIONS_PER_SECOND", a
// line each. Run by policies.c; REBIND_BENCH_MODULES names the node_modules folder to take them from.
// A package that is not there is left out.
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(path.join(process.env.REBIND_BENCH_MODULES, "bench.cjs"));
const REQUESTS = 64;
const SECONDS = 2;

// The requests of make_requests() in policies.c.
const requests = Array.from({ length: REQUESTS }, (_, i) => {
    const region = String(310000 + ((i * 7919) % 4));
    return {
        region, status: "active", generation: "3",
        bank: "bank-" + "abcd"[i % 4], bankStatus: "active", kind: "city",
        licensed: ["110000", region], role: "payment",
        action: ["bind", "switch"][(i >> 2) % 2], actor: "bank",
        active: (i >> 2) % 2, days: 10 + i,
    };
});

function load(name) {
    try {
        return require(name);
    } catch (error) {
        if (error.code === "MODULE_NOT_FOUND") return null;
        throw error;
    }
}

function report(name, count, start) {
    console.log(`${name} ${count / ((performance.now() - start) / 1000)}`);
}

async function benchCasbin(casbin) {
    const { newEnforcer, newModelFromString, StringAdapter } = casbin;
    const model = newModelFromString(`
[request_definition]
r = q
[policy_definition]
p = rule, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = eval(p.rule)
`);
    const both = '(r.q.action == "bind" || r.q.action == "switch")';
    const rules = [
        [`${both} && r.q.status == "active" && r.q.bankStatus == "active" && r.q.licensed.includes(r.q.region)`, "allow"],
        ['r.q.action == "revoke" && r.q.status == "active" && r.q.actor != "agent" && r.q.active >= 1', "allow"],
        ['r.q.action == "switch" && r.q.status == "active" && r.q.kind == "city" && r.q.days >= 60', "allow"],
        ['r.q.action == "bind" && (r.q.generation == "3" || r.q.generation == "4") && r.q.bankStatus == "active" && r.q.active == 0', "allow"],
        [`${both} && r.q.bankStatus == "suspended" && r.q.status == "active" && r.q.role == "payment"`, "deny"],
        ['r.q.action == "switch" && r.q.actor == "bank" && r.q.active >= 1 && r.q.days < 30', "deny"],
        ['r.q.kind == "foreign" && r.q.generation == "2" && r.q.action == "bind" && r.q.region != "310000"', "deny"],
        ['r.q.bank == "bank-d" && r.q.action == "bind" && r.q.active > 2 && (r.q.region == "310000" || r.q.region == "310001")', "deny"],
    ];
    const enforcer = await newEnforcer(model);
    for (const rule of rules) await enforcer.addPolicy(...rule);
    let count = 0;
    const start = performance.now();
    while (performance.now() - start < 1000 * SECONDS)
        for (let i = 0; i < REQUESTS; i++, count++) await enforcer.enforce(requests[i]);
    report("casbin", count, start);
}

function benchCedar(cedar) {
    const both = '["bind", "switch"].contains(context.action)';
    const staticPolicies = [
        `permit (principal, action, resource) when { ${both} && context.status == "active" && context.bankStatus == "active" && context.licensed.contains(context.region) };`,
        'permit (principal, action, resource) when { context.action == "revoke" && context.status == "active" && context.actor != "agent" && context.active >= 1 };',
        'permit (principal, action, resource) when { context.action == "switch" && context.status == "active" && context.kind == "city" && context.days >= 60 };',
        'permit (principal, action, resource) when { context.action == "bind" && ["3", "4"].contains(context.generation) && context.bankStatus == "active" && context.active == 0 };',
        `forbid (principal, action, resource) when { ${both} && context.bankStatus == "suspended" && context.status == "active" && context.role == "payment" };`,
        'forbid (principal, action, resource) when { context.action == "switch" && context.actor == "bank" && context.active >= 1 && context.days < 30 };',
        'forbid (principal, action, resource) when { context.kind == "foreign" && context.generation == "2" && context.action == "bind" && context.region != "310000" };',
        'forbid (principal, action, resource) when { context.bank == "bank-d" && context.action == "bind" && context.active > 2 && ["310000", "310001"].contains(context.region) };',
    ].join("\n");
    const parsed = cedar.preparsePolicySet?.("bench", { staticPolicies }).type === "success";
    const base = {
        principal: { type: "Bank", id: "a" }, action: { type: "Action", id: "decide" },
        resource: { type: "Card", id: "c" }, entities: [],
    };
    const ask = parsed
        ? (context) => cedar.statefulIsAuthorized({ ...base, context, preparsedPolicySetId: "bench" })
        : (context) => cedar.isAuthorized({ ...base, context, policies: { staticPolicies } });
    const first = ask(requests[0]);
    if (first.type !== "success" || first.response.diagnostics.errors.length > 0)
        throw new Error(JSON.stringify(first));
    let count = 0;
    const start = performance.now();
    while (performance.now() - start < 1000 * SECONDS)
        for (let i = 0; i < REQUESTS; i++, count++) ask(requests[i]);
    report("cedar", count, start);
}

const casbin = load("casbin");
if (casbin !== null) await benchCasbin(casbin);
const cedar = load("@cedar-policy/cedar-wasm/nodejs");
if (cedar !== null) benchCedar(cedar);
