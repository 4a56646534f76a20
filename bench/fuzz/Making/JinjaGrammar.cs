using System.Text;

namespace Nonet.Fuzz.Making;

/// <summary>
/// Chat templates put together from Jinja's statements, expressions, filters, tests and methods. Types mostly fit, so that a template gets far before it
/// fails; now and then something of another type,
/// unknown, or huge stands where it does not belong.
/// </summary>
sealed class JinjaGrammar(Dice dice)
{
    const int OddEvery = 40;
    int left = 80;

    public string Write()
    {
        var text = new StringBuilder("{% set a = 'a b' %}{% set b = [1, 2] %}{% set c = {'k': 1} %}{% set n = 3 %}"
            + "{% set ns = namespace(s='x', l=[], d={}) %}{% macro m(x, y=1) %}{{ x }}{% endmacro %}");
        for (var parts = 1 + dice.Below(6); parts > 0; parts--)
            text.Append(Statement(4));
        return text.ToString();
    }

    string Statement(int depth)
    {
        if (left-- <= 0 || depth == 0)
            return dice.Of("x", "{{ a }}", "{{ n }}", " ");
        if (dice.OneIn(OddEvery))
            return dice.Of("{% break %}", "{%- do b.append(1) -%}", "{%", "{{", "}}", "{% endif %}", "{% block x %}{% endblock %}", "{% include 'x' %}",
                "{% macro m(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}", "{% for x in b recursive %}{{ loop(b) }}{% endfor %}");
        return dice.Below(17) switch
        {
            0 or 1 => $"{{% for {dice.Of("x", "message",
                "a")} in {List(3)}{(dice.OneIn(5) ? $" if {Any(2)}" : "")} %}}{Statement(depth - 1)}{(dice.OneIn(6) ? "{% else %}-" : "")}{dice.Of("", "",
                "{{ loop.index }}", "{% if loop.last %}{% break %}{% endif %}")}{{% endfor %}}",
            2 => $"{{% for k, v in {Dict(2)}.items() %}}{Statement(depth - 1)}{{{{ k }}}}{{% endfor %}}",
            3 or 4 => $"{{% if {Any(3)} %}}{Statement(depth - 1)}{{% elif {Any(2)} %}}{Statement(depth - 1)}{{% else %}}{Statement(depth - 1)}{{% endif %}}",
            5 => $"{{% set a = {Text(4)} %}}",
            6 => $"{{% set b = {List(4)} %}}",
            7 => $"{{% set n = {Number(4)} %}}",
            8 => $"{{% set {dice.Of($"ns.s = {Text(3)}", $"ns.l = {List(3)}", $"ns.l = ns.l + [ns.l]", $"ns.l = [ns.l, ns.l]", $"ns.d = {{'d': ns.d}}",
                "ns.s = ns.s ~ ns.s", $"c = {Dict(3)}", $"x, y = [1, {Any(2)}]")} %}}",
            9 => $"{{% set a %}}{Statement(depth - 1)}{{% endset %}}",
            10 => $"{{% macro f(x, y={Any(1)}) %}}{Statement(depth - 1)}{dice.Of("", "{{ varargs | length }}", "{{ caller() }}",
                "{{ kwargs | tojson }}")}{{% endmacro %}}{{{{ f({Any(2)}{dice.Of("", ", 2", ", y=n", ", 1, 2, 3")}) }}}}",
            11 => $"{{% filter {dice.Of("upper", "trim", "indent(2)", $"replace({Text(1)}, {Text(1)})")} %}}{Statement(depth - 1)}{{% endfilter %}}",
            12 => $"{{% generation %}}{Statement(depth - 1)}{{% endgeneration %}}{dice.Of("", "{# #}", "{% raw %}{{ x }}{% endraw %}")}",
            _ => $"{{{{{dice.Of("", "-")} {Any(4)} {dice.Of("", "-")}}}}}",
        };
    }

    string Any(int depth) => dice.OneIn(OddEvery) ? Odd() : dice.Below(6) switch
    {
        0 or 1 => Text(depth),
        2 => Number(depth),
        3 => List(depth),
        4 => Dict(depth),
        _ => Condition(depth),
    };

    string Text(int depth)
    {
        if (dice.OneIn(OddEvery))
            return Odd();
        if (left-- <= 0 || depth <= 0)
            return dice.Of("a", "'x'", "'ab c'", "''", "'é'", "'%s-%s'", "'a,b,c'", "'ß'", "messages[1].content", "message.role", "bos_token", "ns.s", "'\\n'",
                $"'{new string('x', dice.Of(5, 3000))}'");
        return dice.Below(16) switch
        {
            0 => $"({Text(depth - 1)} ~ {Any(depth - 1)})",
            1 => $"({Text(depth - 1)} + {Text(depth - 1)})",
            2 => $"({Text(depth - 1)} * {Count()})",
            3 or 4 => $"{Text(depth - 1)} | {dice.Of("upper", "lower", "title", "capitalize", "trim", "string", "safe", "e", "replace('a', 'aaaa')",
                "replace('', 'ab')", "indent(4)", "indent(n)", $"replace({Text(1)}, {Text(1)})", $"indent({Count()})", "indent('ab', true)", "center(80)",
                "urlencode", "striptags", "wordwrap(3)", "truncate(3)")}",
            5 or 6 => $"({Text(depth - 1)}).{dice.Of("upper()", "lower()", "strip()", "title()", "strip('a')", "lstrip()", "rstrip('x')", "replace('a', 'bb')",
                "replace('', 'bb', 3)", "zfill(99)", "ljust(100)", "rjust(n)", "removeprefix('a')", "capitalize()", "swapcase()", "casefold()",
                $"join({List(depth - 1)} | map('string') | list)", $"replace({Text(1)}, {Text(1)})")}",
            7 or 8 => $"{List(depth - 1)} | {dice.Of("join(',')", "join", "tojson", "string", "map('string') | join('-')", "tojson(indent=2)",
                $"join({Text(1)})", "map('upper') | join")}",
            9 => $"{Dict(depth - 1)} | {dice.Of("tojson", "string", "tojson(indent=4)", "items | list | string", "pprint")}",
            10 => $"({Text(depth - 1)})[{dice.Of("0", "-1", "1:", ":2", "::-1", "::2", "1:99999999999", "::-99999999999", $"{Number(1)}:")}]",
            11 => $"({Text(depth - 1)} if {Condition(depth - 1)} else {Text(depth - 1)})",
            12 => $"({Text(depth - 1)} % {dice.Of("a", "('x', 1)", "(a, b)", Any(1))})",
            13 => $"{Text(depth - 1)} | format({Any(1)}, {Any(1)})",
            14 => dice.Of("strftime_now('%Y-%m-%d')", "m(1)", "m(b)", "m(m(2))", "'{} {}'.format(1, 2)", "'{x:>9999999}'.format(x=1)"),
            _ => $"{Any(depth - 1)} | string",
        };
    }

    string Number(int depth)
    {
        if (dice.OneIn(OddEvery))
            return Odd();
        if (left-- <= 0 || depth <= 0)
            return dice.Of("n", "0", "1", "2", "7", "100", "-1", "1.5", "1e308", "9223372036854775807", "-9223372036854775808", "b | length");
        return dice.Below(10) switch
        {
            0 or 1 => $"({Number(depth - 1)} {dice.Of("+", "-", "*", "/", "//", "%", "**")} {Number(depth - 1)})",
            2 => $"{Any(depth - 1)} | {dice.Of("length", "count", "int", "float", "int(5)", "wordcount")}",
            3 => $"{Number(depth - 1)} | {dice.Of("abs", "int", "float", "round", "round(2)", "round(1, 'floor')", "round(99)", "default(3)")}",
            4 => $"({Text(depth - 1)}).{dice.Of("find('a')", "rfind('')", "count('')", "count('a')", "find('a', 3, 99999999999)", "index('')")}",
            5 => $"(range({Count()}) | {dice.Of("sum", "length", "max", "min", "first", "last", "list | length")})",
            6 => $"-{Number(depth - 1)}",
            7 => $"({Number(depth - 1)} if {Condition(depth - 1)} else {Number(depth - 1)})",
            8 => $"({List(depth - 1)}).{dice.Of("count(1)", "index(1)")}",
            _ => $"{List(depth - 1)} | {dice.Of("length", "sum", "first", "last", "max", "min")}",
        };
    }

    string List(int depth)
    {
        if (dice.OneIn(OddEvery))
            return Odd();
        if (left-- <= 0 || depth <= 0)
            return dice.Of("b", "messages", "[]", "[1, 2, 3]", "['b', 'a']", "range(5)", "messages[1:]", "ns.l", "(1, 'x')", "tools or []");
        return dice.Below(16) switch
        {
            0 => $"[{Any(depth - 1)}, {Any(depth - 1)}]",
            1 => $"({List(depth - 1)} + {List(depth - 1)})",
            2 => $"({List(depth - 1)} * {Count()})",
            3 => $"range({Count()})",
            4 => $"range({Number(depth - 1)} | int, {Count()}, {dice.Of("1", "2", "-1", "7")})",
            5 or 6 => $"{List(depth - 1)} | {dice.Of("list", "reverse | list", "sort", "unique | list", "batch(2) | list", "slice(3) | list",
                "batch(3, 'x') | list", "map('string') | list", "select | list", "reject('none') | list", "map('list') | list", "sort(reverse=true)",
                $"batch({Count()}) | list", $"slice({Count()}) | list", "select('defined') | list", "select('in', b) | list", "reject('eq', 1) | list",
                "map('default', b) | list")}",
            7 => $"messages | {dice.Of("map(attribute='role') | list", "selectattr('role', 'eq', 'user') | list", "rejectattr('content') | list",
                "groupby('role') | list", "sort(attribute='role')", "map(attribute='content') | select('string') | list",
                "selectattr('content', 'defined') | map(attribute='role') | unique | list", "map('items') | list",
                "sum(attribute='content', start='') | list")}",
            8 or 9 => $"({Text(depth - 1)}).{dice.Of("split()", "split('a')", "split('a', 1)", "split(none, 2)", "rsplit('b', 1)", "splitlines()",
                "partition('a')", "rpartition('b')", "rsplit(none, 99999999999)", "split(' ', maxsplit=3)", $"split({Text(1)} ~ 'q')")}",
            10 => $"({Dict(depth - 1)}).{dice.Of("keys() | list", "values() | list", "items() | list")}",
            11 => $"{Dict(depth - 1)} | {dice.Of("items | list", "dictsort", "list", "dictsort(by='value')", "dictsort(reverse=true)")}",
            12 => $"({List(depth - 1)})[{dice.Of("1:", ":2", "::-1", "::2", "-3:", ":99999999999", $"{Number(1)} | int:")}]",
            13 => $"{Text(depth - 1)} | list",
            14 => $"({List(depth - 1)} if {Condition(depth - 1)} else {List(depth - 1)})",
            _ => $"[{Text(depth - 1)}]",
        };
    }

    string Dict(int depth) => left-- <= 0 || depth <= 0 ? dice.Of("c", "{}", "{'a': 1, 'b': [1]}", "messages[0]", "ns.d") : dice.Below(6) switch
    {
        0 => $"{{{Text(depth - 1)}: {Any(depth - 1)}, 'k': {Any(depth - 1)}}}",
        1 => $"dict(x={Any(depth - 1)}, y=2)",
        2 => $"{{{Any(depth - 1)}: 1}}",
        3 => $"{{'c': {Dict(depth - 1)}}}",
        4 => "messages | groupby('role') | first",
        _ => $"dict(c, z={Any(depth - 1)})",
    };

    string Condition(int depth) => left-- <= 0 || depth <= 0 ? dice.Of("true", "false", "none", "n", "loop is defined", "undefined_thing")
        : dice.Below(9) switch
        {
            0 => $"({Number(depth - 1)} {dice.Of("==", "!=", "<", "<=", ">", ">=")} {Number(depth - 1)})",
            1 => $"({Text(depth - 1)} {dice.Of("in", "not in", "==", "<")} {Text(depth - 1)})",
            2 => $"({Any(depth - 1)} in {List(depth - 1)})",
            3 => $"({Condition(depth - 1)} {dice.Of("and", "or")} {Condition(depth - 1)})",
            4 => $"(not {Condition(depth - 1)})",
            5 => $"({Any(depth - 1)} is {dice.Of("", "not ")}{dice.Of("defined", "none", "string", "mapping", "iterable", "number", "sequence", "boolean",
                "callable", "eq(1)", "in([1, 2])", "sameas(1)", "true", "float", "undefined")})",
            6 => $"({Number(depth - 1)} | int is {dice.Of("odd", "even", "divisibleby(2)", "divisibleby 3")})",
            7 => $"({Text(depth - 1)}).{dice.Of("startswith('a')", "endswith(('a', 'b'))", "isdigit()", "isalpha()", "isupper()", "isspace()")}",
            _ => $"({Any(depth - 1)} == {Any(depth - 1)})",
        };

    string Count() => dice.Of("0", "1", "2", "3", "5", "10", "n", "100", "1000", "99999", "100000", "1000000", "99999999999", "-1");

    /// <summary>What does not belong: an unknown thing, a wrong type, something within itself often.</summary>
    string Odd()
    {
        if (dice.OneIn(3))
        {
            var (open, close) = dice.Of(("(", ")"), ("[", "]"), ("{'a': ", "}"), ("not ", ""), ("-", ""), ("(1 + ", ")"), ("[1] + ", ""), ("'a' ~ ", ""),
                ("(a if n else ", ")"), ("m(", ")"));
            var depth = dice.Of(5, 90, 99, 200, 3000);
            return new StringBuilder().Insert(0, open, depth).Append('1').Insert(open.Length * depth + 1, close, close.Length == 0 ? 0 : depth).ToString();
        }
        return dice.Of("none", "undefined_thing.x", "a.nosuchmethod(1)", "a | nosuchfilter", "n is nosuchtest", "messages[9999999999]", "99999999999999999999",
            "1_000", "raise_exception('no')", "cycler(1)", "lipsum()", "self", "caller()", "loop.previtem", "a.__class__", "c.clear()", "b.append(b)",
            "b.extend(b)", "b.insert(-99999999999, 1)",
            "c.update(c)", "b.pop(99)", "c.setdefault('q', c)", "'ab'.encode('utf-8')", "a.expandtabs(9999999)", "a.center(9999999)", "range(1, 9, 0)",
                "range(99999999999999999999)", "int('9' * 5000)", "('9' * 5000) | int", "('(' * 5000) | int(base=99)", "1 // 0", "5 % 0", "2 ** 99999",
                "(-8) ** 0.5", "1 / 0.0", "b | tojson(indent=100000)", "a | xmlattr", "b | random", "{[1]: 2}", "{{}: 1}", "namespace", "range",
            "m(**c)", "m(*b)", "m(1, 2, 3, 4, z=1)", "strftime_now('%q')", "dict(1)", "namespace(1)", "(1, 2) < ('a', 2)", "b < c", "a ~ b ~ c",
                "messages | map(attribute='a.b.c') | list", "b | sum(start='x')", "b | join(attribute='x')", "loop(messages)", "'%d' % 'x'", "'%(x)s' % c",
                "'%99999999d' % 3", "'%*d' % (99999999, 3)", "'{0.__class__}'.format(1)", "'{:{}}'.format(1, 99999999)");
    }
}
