using System.Text.Json;
using Nonet.Text.Jinja;

namespace Nonet.Tests.Text.Jinja;

/// <summary>Templates with what Jinja 3.1 makes of them in transformers' sandbox: a text, or an error whose message has a word of ours in it.</summary>
public class JinjaCasesTests
{
    // each written down from a run of Jinja itself; see JinjaDifferentialTests for its settings
    const string Cases = """
        [
        {"name": "d0", "template": "{{ messages.0.role }}{{ messages.1[\"content\"] }}", "vars": {"messages": [{"role": "a"}, {"content": "b"}]}, "expected": ["ok", "ab"]},
        {"name": "d1", "template": "{{ x.1.0 }}", "vars": {"x": [[1, 2], [3, 4]]}, "expected": ["ok", "3"]},
        {"name": "d2", "template": "{{ x.0.y.1 }}|{{ 1.5 }}|{{ x[0].y[1] }}", "vars": {"x": [{"y": [5, 6]}]}, "expected": ["ok", "6|1.5|6"]},
        {"name": "macro-varargs", "template": "{% macro f() %}{{ varargs|length }}{% endmacro %}{{ f(1,2) }}", "vars": {}, "expected": ["ok", "2"]},
        {"name": "format", "template": "{{ '%s-%d'|format('a',3) }}", "vars": {}, "expected": ["ok", "a-3"]},
        {"name": "format-method", "template": "{{ '{} {x}'.format('a',x=3) }}", "vars": {}, "expected": ["ok", "a 3"]},
        {"name": "upper", "template": "{{ 'stra\u00dfe'|upper }}", "vars": {}, "expected": ["ok", "STRASSE"]},
        {"name": "list-append", "template": "{% set a = [] %}{% set _ = a.append(1) %}{{ a }}", "vars": {}, "expected": ["error", "immutable"]},
        {"name": "dict-update", "template": "{% set a = {} %}{% set _ = a.update({'x':1}) %}{{ a }}", "vars": {}, "expected": ["error", "immutable"]},
        {"name": "import", "template": "{% from 'x' import y %}", "vars": {}, "expected": ["error", ""]},
        {"name": "string-mul", "template": "{{ '=' * 10 }}{{ 'a' 'b' }}", "vars": {}, "expected": ["ok", "==========ab"]},
        {"name": "inline-if-undefined", "template": "{{ ('x' if false).foo is defined }}", "vars": {}, "expected": ["error", ""]},
        {"name": "in-none", "template": "{{ 'a' in none }}", "vars": {}, "expected": ["error", ""]},
        {"name": "not-in", "template": "{{ 'a' not in ['b'] and 'tool_calls' not in m }}", "vars": {"m": {"x": 1}}, "expected": ["ok", "True"]},
        {"name": "slice-str-neg", "template": "{{ 'hello'[-3:] }}{{ 'hello'[:-2] }}{{ [1,2,3][-2:] }}", "vars": {}, "expected": ["ok", "llohel[2, 3]"]},
        {"name": "tojson-special", "template": "{{ x|tojson }}", "vars": {"x": "a\u007fb\u0001\u2028\u00e9"}, "expected": ["ok", "\"a\u007fb\\u0001\u2028\u00e9\""]},
        {"name": "tojson-ascii-del", "template": "{{ x|tojson(ensure_ascii=true) }}", "vars": {"x": "a\u007fb\u0080"}, "expected": ["ok", "\"a\\u007fb\\u0080\""]},
        {"name": "tojson-float", "template": "{{ [1.0,1e16,1e-7,123456789.123,0.1]|tojson }}", "vars": {}, "expected": ["ok", "[1.0, 1e+16, 1e-07, 123456789.123, 0.1]"]},
        {"name": "tojson-empty-indent", "template": "{{ {'a':[],'b':{}}|tojson(indent=2) }}", "vars": {}, "expected": ["ok", "{\n  \"a\": [],\n  \"b\": {}\n}"]},
        {"name": "selectattr-none", "template": "{{ tools | selectattr('type', 'equalto', 'x') | list | length }}", "vars": {"tools": null}, "expected": ["ok", "0"]},
        {"name": "map-none", "template": "{{ tools | map(attribute='x') | list | length }}{{ tools | select | list }}{{ tools | reject('none') | list }}{{ tools | rejectattr('x') | list }}", "vars": {"tools": null}, "expected": ["ok", "0[][][]"]},
        {"name": "map-empty-string", "template": "{{ '' | map('upper') | list }}{{ false | select | list }}", "vars": {}, "expected": ["ok", "[][]"]},
        {"name": "unknown-filter-not-reached", "template": "{% if false %}{{ x | from_json }}{% endif %}ok", "vars": {}, "expected": ["ok", "ok"]},
        {"name": "unknown-test-not-reached", "template": "{% if false %}{{ x is foo }}{% endif %}ok", "vars": {}, "expected": ["ok", "ok"]},
        {"name": "safe-plus", "template": "{{ 'a'|safe + '<b>' }}", "vars": {}, "expected": ["ok", "a&lt;b&gt;"]},
        {"name": "length-none", "template": "{{ none|length }}", "vars": {}, "expected": ["error", ""]},
        {"name": "list-none", "template": "{{ none|list }}", "vars": {}, "expected": ["error", ""]},
        {"name": "join-none", "template": "{{ none|join(',') }}", "vars": {}, "expected": ["error", ""]},
        {"name": "percent", "template": "{{ '%5s|%-5s|%05d|%+.2f|%x|%%|%(a)s' % {'a': 1} if false else '%5s|%-5s|%05d|%+.2f|%x|%%' % ('ab','cd',42,3.14159,255) }}", "vars": {}, "expected": ["ok", "   ab|cd   |00042|+3.14|ff|%"]},
        {"name": "percent-names", "template": "{{ '%(a)s-%(b)03d' % {'a': 'x', 'b': 7} }}{{ '%(a)s'|format(a=2) }}", "vars": {}, "expected": ["ok", "x-0072"]},
        {"name": "braces", "template": "{{ '{0}{1!r}{0:>4}{a.b[0]:03d}{c:,}{{}}'.format('x', 'y', a={'b': [5]}, c=1234567) }}", "vars": {}, "expected": ["ok", "x'y'   x0051,234,567{}"]},
        {"name": "kwargs", "template": "{% macro f(a) %}{{ a }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ f(1, 2, x=3) }}", "vars": {}, "expected": ["ok", "1(2,){'x': 3}"]},
        {"name": "no-varargs", "template": "{% macro f(a) %}{{ a }}{% endmacro %}{{ f(1, 2) }}", "vars": {}, "expected": ["error", ""]},
        {"name": "unknown-filter-reached", "template": "{% if true %}{{ x | from_json }}{% endif %}", "vars": {}, "expected": ["error", "from_json"]},
        {"name": "unknown-filter-conditional", "template": "{{ x | from_json if false else 'b' }}", "vars": {}, "expected": ["ok", "b"]},
        {"name": "import-not-reached", "template": "{% if false %}{% include 'x' %}{% endif %}ok", "vars": {}, "expected": ["ok", "ok"]},
        {"name": "markup-methods", "template": "{{ ('<'|safe).upper() + '<' }}{{ '<'|e|e }}{{ ('<b>'|safe) ~ '<' }}{{ ('a'|safe)|upper + '&' }}{{ '<'|e is escaped }}", "vars": {}, "expected": ["ok", "<&lt;&lt;<b><A&amp;True"]},
        {"name": "unicode-case", "template": "{{ '\u01c6 \u0149 \u03a3\u0391\u03a3'|title }}|{{ '\u039f\u0394\u039f\u03a3'.lower() }}|{{ '\u0130'|lower|length }}|{{ '\ufb01'.capitalize() }}", "vars": {}, "expected": ["ok", "\u01c4 \u02bcN \u03a3\u03b1\u03c2|\u03bf\u03b4\u03bf\u03c2|2|Fi"]},
        {"name": "loop-changed", "template": "{% for x in [1,1,2] %}{{ loop.changed(x) }}{% endfor %}", "vars": {}, "expected": ["ok", "TrueFalseTrue"]},
        {"name": "split-none", "template": "{{ ' a  b c '.split(none, 1) }}{{ ' a  b c '.rsplit(none, 1) }}{{ 'abc'.split(none, 1) }}{{ '  '.split() }}{{ 'a b '.split(none, 0) }}", "vars": {}, "expected": ["ok", "['a', 'b c '][' a  b', 'c']['abc'][]['a b ']"]},
        {"name": "round", "template": "{{ 2.675|round(2) }} {{ 2.5|round }} {{ 7|round }} {{ 0.125|round(2) }} {{ 1234|round(-2) }}", "vars": {}, "expected": ["ok", "2.67 2.0 7 0.12 1200"]}
        ]
        """;

    public static TheoryData<string> Names => [.. JsonDocument.Parse(Cases).RootElement.EnumerateArray().Select(c => c.GetProperty("name").GetString()!)];

    [Theory, MemberData(nameof(Names))]
    public void A_template_gives_what_jinja_gives(string name)
    {
        using var cases = JsonDocument.Parse(Cases);
        var found = cases.RootElement.EnumerateArray().Single(c => c.GetProperty("name").GetString() == name);
        var (template, variables) = (found.GetProperty("template").GetString()!, found.GetProperty("vars"));
        string Render() => JinjaTemplate.Parse(template, "t.jinja").Render(variables);
        if (found.GetProperty("expected")[0].GetString() == "ok")
            Assert.Equal(found.GetProperty("expected")[1].GetString(), Render());
        else
            Assert.Throws<JinjaException>(Render);
    }
}
