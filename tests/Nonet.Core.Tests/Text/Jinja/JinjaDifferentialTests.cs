using System.Text.Json;
using Nonet.Text.Jinja;

namespace Nonet.Tests.Text.Jinja;

/// <summary>The same templates rendered here and by Jinja itself, set up as transformers does.</summary>
public class JinjaDifferentialTests
{
    const string Variables = """
        {"a": [3, 1, 2], "s": "Hello World", "n": 7, "f": 2.5, "neg": -7, "none": null, "yes": true, "no": false, "empty": "", "d": {"x": 1, "items": 5, "k": [1, {"z": "q"}]},
         "users": [{"name": "bo", "age": 30, "on": true}, {"name": "Al", "age": 25, "on": false}, {"name": "cy", "age": 35, "on": true}], "text": "  padded\n text  ", "uni": "naïve 北京 \"q\" <b>&'", "words": "a,b,,c",
         "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "Bye"}], "big": 12345678901, "list2": [[1, 2], [3, 4]]}
        """;

    static readonly string[] expressions =
    [
        "a", "s", "n", "f", "none", "yes", "d", "users[0]", "uni", "a[0]", "a[-1]", "a[5] is defined", "a[1:]", "a[::-1]", "a[-2:]", "s[1:4]", "s[::-1]",
        "s[-3:]", "a[:10]", "a[5:]", "s[0]", "n // 2", "neg // 2", "neg % 3", "n % -3", "n / 2", "6 / 3",
        "n ** 2", "2 ** -1", "-n ** 2", "n + f", "n * 1.0", "1e3", "1e16", "1e-5", "0.1 + 0.2", "1.0", "3.0 * 2", "1e22", "123456789.123", "s + '!'",
        "s ~ n ~ none ~ yes", "a + [4]", "[1] * 3", "'ab' * 3", "(1, 2)", "(1,)", "()", "(1)", "{'a': 1, 'b': [true, none]}",
        "1 < 2 < 3", "1 < 3 < 2", "1 == 1.0", "true == 1", "'a' < 'b'", "[1, 2] < [1, 3]", "n == 7 and s", "none or 'x'", "not n", "not none",
        "1 if n > 5 else 2", "1 if n > 50", "3 in a", "3 not in a", "'World' in s", "'x' in d", "none in [none]", "n is odd", "n is even", "n is divisibleby 7",
        "n is divisibleby(2)",
        "n is number", "f is float", "n is integer", "yes is integer", "s is string", "a is sequence", "d is mapping", "a is iterable", "none is none",
        "x is defined", "x is undefined", "yes is true", "no is false", "yes is boolean", "n is not odd", "n is eq 7", "n is in [7, 8]", "n is gt 5",
        "s is lower", "s|lower is lower", "n is sameas 7",
        "s.upper()", "s.lower()", "s.title()", "'hELLO wORLD'.capitalize()", "text.strip()", "text.lstrip()", "text.rstrip()", "'xxaxx'.strip('x')",
        "'xxaxx'.lstrip('x')", "words.split(',')", "words.split(',', 1)", "words.rsplit(',', 1)", "'a b  c'.split()", "'a b  c'.split(None, 1)",
        "s.split('o')[0]", "s.startswith('He')", "s.startswith(('x', 'H'))", "s.endswith('ld')",
        "s.replace('o', '0')", "s.replace('o', '0', 1)", "s.find('W')", "s.find('zz')", "s.count('l')", "'-'.join(['a', 'b'])", "'a\\nb\\n'.splitlines()",
        "s.partition(' ')", "s.rpartition('o')", "'12'.isdigit()", "'ab1'.isalnum()", "'7'.zfill(3)", "s.removeprefix('Hello ')", "s.index('o')",
        "d.items()|list", "d.keys()|list", "d.values()|list", "d.get('x')", "d.get('y', 9)", "d.get('y')", "d.x", "d['items']", "d.k[1].z", "d['k'][1]['z']",
        "users|map(attribute='name')|list", "users|map(attribute='name')|join(', ')", "users|selectattr('on')|map(attribute='name')|list",
        "users|selectattr('age', 'gt', 26)|list|length", "users|rejectattr('on')|list",
        "users|selectattr('name', 'equalto', 'bo')|first", "users|sort(attribute='age')|map(attribute='name')|list",
        "users|sort(attribute='name')|map(attribute='name')|list", "users|sort(attribute='age', reverse=true)|map(attribute='age')|list",
        "users|sum(attribute='age')", "users|map(attribute='name')|map('upper')|list", "users|groupby('on')|length", "users|max(attribute='age')",
        "users|min(attribute='age')",
        "a|sort", "a|sort(reverse=true)", "a|sum", "a|max", "a|min", "a|first", "a|last", "a|length", "a|reverse|list", "s|reverse", "a|join('-')",
        "a|select('odd')|list", "a|reject('odd')|list", "a|select('gt', 1)|list", "a|unique|list", "['b', 'A', 'B']|unique|list", "['b', 'A', 'B']|sort",
        "a|batch(2)|list", "a|batch(2, 0)|list", "a|slice(2)|list", "a|list", "'abc'|list", "d|list", "d|dictsort|length", "{'b': 1, 'a': 2}|dictsort",
        "{'b': 1, 'a': 2}|items|list",
        "s|upper", "s|lower", "s|title", "'hello wOrld'|capitalize", "text|trim", "s|length", "s|wordcount", "s|replace('World', 'x')", "x|default('d')",
        "empty|default('d', true)", "empty|default('d')", "none|default('d')", "x|d(3)", "'5'|int + 1", "'x'|int", "'x'|int(9)", "'3.7'|float", "3.99|int",
        "neg|abs", "2.5|round", "2.567|round(2)", "3.2|round(0, 'ceil')", "n|string + 'x'", "s|safe", "uni|e",
        "d|tojson", "uni|tojson", "none|tojson", "a|tojson(indent=2)", "d|tojson(indent=4)", "users|tojson", "f|tojson", "1.0|tojson", "yes|tojson",
        "uni|tojson(ensure_ascii=true)", "{'b': 1, 'a': [ ]}|tojson(indent=2)", "'a\\nb'|indent(2)", "'a\\n\\nb'|indent(2, true)", "'a\\nb'|indent",
        "range(3)|list", "range(1, 4)|list", "range(5, 0, -2)|list", "range(0)|list", "dict(a=1, b=2)", "namespace(a=1).a", "[1, [2, 'x'], {'k': none}]",
        "'it\\'s'", "['it\\'s', \"q\\\"q\"]",
        "'a' 'b'", "1 - -1", "+n", "- n", "n - 1", "(n + 1) * 2", "n|string|length", "-1|abs", "(-1)|abs", "not a == [3, 1, 2]",
        "a is defined and a|length > 2", "big * 2", "7 // 2 * 2", "2 + 3 ~ 'x'", "list2|map('first')|list", "list2|map('sum')|list", "users[0].name[0]|upper",
        "'%' ~ 5", "a == [3, 1, 2]", "{} == {}", "'é'.upper()", "true and 'x' or 'y'", "loop is defined", "'a,b'.split(',')|map('upper')|join('+')",
        "s.split()|last", "(s, n)", "a|string", "d.k|string", "[]|first is defined", "''|length", "[none, 1]|select|list",
    ];

    static readonly string[] templates =
    [
        "{% for m in messages %}{{ m.role }}: {{ m['content'] }}\n{% endfor %}",
        "{%- for m in messages -%}\n  {{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.revindex }}{{ loop.revindex0 "
        + "}} \n{%- endfor -%}", "{% for x in [] %}a{% else %}none{% endfor %}",
        "{% for m in messages if m.role == 'user' %}{{ loop.index }}{{ m.content }}{% if not loop.last %}, {% endif %}{% endfor %}",
        "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}", "{% for (a, b) in list2 %}{{ a }}{{ b }}{% endfor %}",
        "{% for x in a %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %}",
        "{% for x in a %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% endfor %}",
        "{% for x in a %}{{ loop.previtem is defined }}{{ loop.nextitem }}{{ loop.cycle('o', 'e') }}{% endfor %}",
        "{% for x in a %}{% for y in a %}{{ loop.depth }}{{ x * y }} {% endfor %}{% endfor %}",
        "{% set x = 1 %}{% for i in a %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}",
        "{% set ns = namespace(t=0) %}{% for i in a %}{% set ns.t = ns.t + i %}{% endfor %}{{ ns.t }}", "{% set a, b = 1, 2 %}{{ a }}{{ b }}",
        "{% set t %}x{{ n }}y{% endset %}[{{ t }}]", "{% set t | upper %}x{{ n }}y{% endset %}[{{ t }}]",
        "{% if n > 5 %}\nbig\n{% elif n > 3 %}\nmid\n{% else %}\nsmall\n{% endif %}\nend", "  {% if n %}\n  x\n  {% endif %}\n  y",
        "a\n  {%- if n %} b {% endif -%}\n  c", "a {# comment #}\nb", "a\n{# comment #}\nb", "  {# c #}  x", "{{ n }}\n{{ n }}\n",
        "{% raw %}{{ x }} {% if %}{% endraw %}z", "{%- raw -%}  {{ x }}  {%- endraw -%}  z",
        "{% macro m(x, y=2, z='q') %}{{ x }}-{{ y }}-{{ z }}{% endmacro %}{{ m(1) }} {{ m(1, 3) }} {{ m(1, z='w') }}",
        "{% macro m(x) %}<{{ caller() }}|{{ x }}>{% endmacro %}{% call m(5) %}in{{ n }}{% endcall %}",
        "{% macro m() %}{% for i in range(2) %}{{ caller(i) }}{% endfor %}{% endmacro %}{% call(i) m() %}[{{ i }}]{% endcall %}",
        "{% filter upper %}abc{{ s }}{% endfilter %}", "{% with x = 1, y = 2 %}{{ x + y }}{% endwith %}{{ x is defined }}",
        "{{ x }}|{{ none }}|{{ yes }}|{{ empty }}", "{{- n -}}  x  {{- n -}}", "x {%+ if n %} y {%+ endif %} z", "{% if true +%}\nx{% endif %}",
        "{% macro f(n) %}{% if n > 0 %}{{ n }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}",
        "{% set x = [] %}{% for i in a %}{% set x = x + [i] %}{% endfor %}{{ x }}", "{% if x is defined and x %}a{% else %}b{% endif %}",
        "{% for m in messages[1:] %}{{ m.content }}{% endfor %}", "{% for m in messages|reverse %}{{ m.content }}{% endfor %}",
        "{% for c in 'abc' %}{{ c }}.{% endfor %}",
        "{% if messages[0]['role'] == 'system' %}{% set sys = messages[0]['content'] %}{% set rest = messages[1:] %}{% else %}{% set rest = messages %}{% "
            + "endif %}{{ sys }}{{ rest|length }}", "{{ '<|im_start|>' + messages[0].role + '\\n' + messages[0].content | trim + '<|im_end|>' }}",
            "{% generation %}x{% endgeneration %}", "{{ messages | tojson }}", "a{% if n %}{% endif %}\n\nb", "\n\n{{ n }}\n\n", "{%if n%}x{%endif%}",
            "{% for x in a -%}\n {{ x }}\n{%- endfor %}\nq",
        "{% set loop_messages = messages %}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 1) %}{{ 'bad' }}{% "
            + "endif %}{% endfor %}", "{{ {'a': {'b': 1}}['a']['b'] }}", "{% set d2 = dict(d, y=3) %}{{ d2.y }}{{ d2.x }}",
            "{% for g in users|groupby('on') %}{{ g[0] }}:{{ g[1]|length }};{% endfor %}", "{{ users | map(attribute='age') | sort | join(',') }}",
            "   {%- set x = 3 -%}   {{ x }}", "line1\n    {{ n }}\n    {% if n %}\n    in\n    {% endif %}\nout",
        "{% for i in range(3) %}{% for j in range(3) if j != i %}{{ i }}{{ j }} {% endfor %}{% endfor %}", "{{ 'a' if n else 'b' if s else 'c' }}",
        "{{ (messages|selectattr('role', 'eq', 'user')|list)[-1].content }}",
        "{%- for m in messages %}\n    {%- if m.role == 'user' %}\n        {{- '[INST] ' + m.content + ' [/INST]' }}\n    {%- else %}\n        {{- ' ' + "
        + "m.content }}\n    {%- endif %}\n{%- endfor %}",
    ];

    [Fact]
    public void Results_are_those_of_jinja()
    {
        const string Script = """
            import sys, json
            from jinja2.ext import loopcontrols, Extension
            from jinja2.sandbox import ImmutableSandboxedEnvironment
            from jinja2 import nodes
            class Generation(Extension):
                tags = {'generation'}
                def parse(self, parser):
                    next(parser.stream)
                    return parser.parse_statements(['name:endgeneration'], drop_needle=True)
            def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
                return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)
            env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
            env.filters['tojson'] = tojson
            templates, variables = json.load(open(sys.argv[1] + '/in.json'))
            results = []
            for t in templates:
                try: results.append(env.from_string(t).render(**variables))
                except Exception as e: results.append(None)
            json.dump(results, open(sys.argv[1] + '/out.json', 'w'))
            """;
        using var peer = new Peer();
        string[] all = [.. expressions.Select(e => "{{ " + e + " }}"), .. templates];
        using var variables = JsonDocument.Parse(Variables);
        File.WriteAllText(Path.Combine(peer.Folder, "in.json"), JsonSerializer.Serialize(new object[] { all, variables.RootElement }));
        peer.Python("-c", Script, peer.Inside);
        var theirs = JsonSerializer.Deserialize<string?[]>(File.ReadAllText(Path.Combine(peer.Folder, "out.json")))!;
        var different = new List<string>();
        foreach (var (template, wanted) in all.Zip(theirs))
        {
            string? got = null, error = null;
            try
            {
                got = JinjaTemplate.Parse(template).Render(variables.RootElement);
            }
            catch (JinjaException e)
            {
                error = e.Message;
            }
            if (got != wanted)
                different.Add($"{template}\n   here  {got ?? error}\n   there {wanted ?? "(an error)"}");
        }
        Assert.True(different.Count == 0, string.Join("\n", different));
    }
}
