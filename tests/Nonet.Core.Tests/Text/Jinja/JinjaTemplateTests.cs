using System.Text.Json;
using Nonet.Text.Jinja;

namespace Nonet.Tests.Text.Jinja;

public class JinjaTemplateTests
{
    static string Render(string template, string variables = "{}", TimeProvider? time = null)
    {
        using var json = JsonDocument.Parse(variables);
        return JinjaTemplate.Parse(template, "t.jinja").Render(json.RootElement, time);
    }

    static string Refused(string template, string variables = "{}") => Assert.Throws<JinjaException>(() => Render(template, variables)).Message;

    [Theory] // by hand
    [InlineData("{% for x in a %}\n{{ x }},\n{% endfor %}\n", "1,\n2,\n")]
    [InlineData("{{ a[-1] // 2 }}{{ -7 // 2 }}{{ -7 % 3 }}", "1-42")]
    [InlineData("{{ none }} {{ true }} {{ [1.0, 'x'] }} {{ 1e16 }}", "None True [1.0, 'x'] 1e+16")]
    [InlineData("{% set ns = namespace(n=0) %}{% for x in a %}{% set ns.n = ns.n + x %}{% endfor %}{{ ns.n }}", "3")]
    [InlineData("{{ missing }}[{{ missing is defined }}]", "[False]")]
    [InlineData("{% generation %}a{% endgeneration %}", "a")]
    public void Templates_render(string template, string expected) => Assert.Equal(expected, Render(template, """{"a":[1,2]}"""));

    sealed class Fixed : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2024, 7, 4, 15, 5, 9, TimeSpan.Zero);
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;
    }

    [Fact]
    public void The_time_can_be_given() =>
        Assert.Equal("04 Jul 2024, 4 July, 15:05:09 PM 24 %", Render("{{ strftime_now('%d %b %Y, %-d %B, %H:%M:%S %p %y %%') }}", time: new Fixed()));

    [Theory]
    [InlineData("a\n{{ 1 + }}", "t.jinja:2: found }}; expected a value")]
    [InlineData("{% if x %}", "t.jinja:1: found the end of the template; expected {% elif %} or {% else %} or {% endif %}")]
    [InlineData("{% endif %}", "found endif; expected if, for, set")]
    [InlineData("{% include 'x' %}", "found include, which loads another template")]
    [InlineData("{% for x in y recursive %}{% endfor %}", "recursive loops are not supported")]
    [InlineData("{{ x | nosuch }}", "found nosuch; expected one of the filters abs, attr, batch")]
    [InlineData("{{ x is nosuch }}", "found nosuch; expected one of the tests !=, <, <=, ==, >, >=, boolean, callable")]
    [InlineData("{{ 'abc", "found a string without an end")]
    [InlineData("{# abc", "found a comment without an end")]
    [InlineData("{% raw %} x", "found a raw block without an end")]
    [InlineData("{{ a ? }}", "found the character '?'")]
    [InlineData("{% break %}", "found break; expected")]
    [InlineData("{{ x.y }}", "found x.y, but x is undefined")]
    [InlineData("{{ 1 + 'a' }}", "found + between a number and a string")]
    [InlineData("{{ 1 / 0 }}", "found / by zero")]
    [InlineData("{{ 9223372036854775807 + 1 }}", "beyond 64 bits")]
    [InlineData("{{ 5() }}", "found a call of a number")]
    [InlineData("{{ l.append(1) }}", "found append(), which changes its value")]
    [InlineData("\n{{ raise_exception('roles must alternate') }}", "t.jinja:2: roles must alternate")]
    [InlineData("{% set x.y = 1 %}", "only a namespace's attributes can be set")]
    [InlineData("{% set a, b = [1] %}", "found 1 values for a, b; expected 2 values")]
    [InlineData("{{ ''.__class__.__mro__ }}", "found __class__.__mro__, but __class__ is undefined")]
    [InlineData("{{ 'a'.encode() }}", "found the string method encode, which is not supported")]
    [InlineData("{{ x.99999999999999999999 }}", "found the number 99999999999999999999; expected one of 64 bits")]
    [InlineData("{{ strftime_now('%Q') }}", "found %Q in strftime_now")]
    public void What_is_wrong_is_named(string template, string message) =>
        Assert.Contains(message, Refused(template, """{"l":[1]}"""), StringComparison.Ordinal);

    public static TheoryData<string> Bombs =>
    [
        "{{ 'a' * 1000000000 }}", "{{ 'a' * 9223372036854775807 }}", "{{ [1] * 1000000000 }}", "{{ range(10000000000) }}",
        "{{ range(-9223372036854775807, 9223372036854775807) }}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
        "{% set ns = namespace(s='aaaaaaaaaa') %}{% for i in range(99999) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(90) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(90) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l | tojson }}",
        "{% set a = namespace(l=[1]) %}{% set b = namespace(l=[1]) %}{% for i in range(60) %}{% set a.l = [a.l, a.l] %}{% set b.l = [b.l, b.l] %}{% endfor "
            + "%}{{ a.l == b.l }}{{ a.l < b.l }}",
        "{% set s = 'a' * 4000000 %}{% for i in range(9999) %}{% if s.replace('a', 'b') %}{% endif %}{% endfor %}",
        "{% for i in range(99999) %}{{ 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' }}{% endfor %}",
        "{{ 2 ** 4611686018427387904 }}", "{{ 'x' | indent(1000000000) }}", "{{ ('a' * 8000000) | replace('', 'bbbbbbbbbbbbbbbbbbbb') }}",
        "{{ [1] | batch(1000000000, 0) }}", "{{ [1] | slice(1000000000) }}", "{{ 'a'.zfill(1000000000) }}",
        new string('(', 100_000), "{{ " + new string('(', 100_000), "{{ " + new string('[', 100_000), "{{ " + new string('-', 100_000) + "1 }}",
        "{{ " + string.Concat(Enumerable.Repeat("not ", 50_000)) + "1 }}", string.Concat(Enumerable.Repeat("{% if 1 %}", 50_000)),
        "{{ 1" + string.Concat(Enumerable.Repeat(" if 1 else 1", 50_000)) + " }}", "{{ x" + string.Concat(Enumerable.Repeat("|string", 50_000)) + " }}",
        "{{ 1" + string.Concat(Enumerable.Repeat(" + 1", 100_000)) + " }}",
    ];

    /// <summary>Every filter, method, operator and construct is asked for more than it may cost: of length, memory, depth, time, or in a message.</summary>
    public static TheoryData<string> Costly =>
    [
        "{% set ns = namespace(l=[]) %}{% for i in range(100000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ nothing[ns.l] }}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% if s|length %}{% endif %}{% endfor %}",
        "{% set ns = namespace(l=[]) %}{% for i in range(1200) %}{% set ns.l = [ns.l, range(100000)] %}{% endfor %}", "{{ 'abc'.split(none, 1) }}",
        "{% set l = (['a']*100000)|map('slice', 10000)|list %}{{ l|length }}",
        "{{ 'a b c'.split(' ', 9223372036854775807) }}{{ 'a b c'.split(none, 9223372036854775807) }}",
        "{{ (-9223372036854775807-1) is divisibleby(-1) }}",
        "{% set ns = namespace(l=[]) %}{% set s = 'a' * 8000000 %}{% for i in range(2000) %}{% set ns.l = [ns.l, s|upper] %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|upper %}{% endfor %}", "{{ x.99999999999999999999 }}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s.title() %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s.strip() %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s.split() %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s.splitlines() %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s.casefold() %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s.encode %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s.isalpha() %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s.find('b') %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s.count('b') %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s.replace('b', 'c') %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s.center(3) %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s.format() %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s.join(['a']) %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s.partition('b') %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|lower %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|title %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|capitalize %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|trim %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|e %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|safe|upper %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|wordcount %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|reverse %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|list %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|tojson %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|string|length %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|int %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|float %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|urlencode %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|striptags %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|truncate(9) %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|center %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|indent %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|replace('b', '') %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|first %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|last %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|unique %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|batch(9) %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|slice(9) %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|join %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|map('upper')|list %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|sort %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|min %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|select|list %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|default('x', true)|length %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% set y = s|format %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% if s is lower %}{% endif %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% if s is upper %}{% endif %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% if s is eq('a' * 8000000) %}{% endif %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% if s is in 'a' %}{% endif %}{% endfor %}",
        "{% set s = 'a' * 8000000 %}{% for i in range(100000) %}{% if s is defined and s == (s ~ \"\")[:8000000] %}{% endif %}{% endfor %}",
        "{% set l = range(100000)|list %}{% for i in range(100000) %}{% set y = l|list %}{% endfor %}",
        "{% set l = range(100000)|list %}{% for i in range(100000) %}{% set y = l|sort %}{% endfor %}",
        "{% set l = range(100000)|list %}{% for i in range(100000) %}{% set y = l|unique %}{% endfor %}",
        "{% set l = range(100000)|list %}{% for i in range(100000) %}{% set y = l|reverse %}{% endfor %}",
        "{% set l = range(100000)|list %}{% for i in range(100000) %}{% set y = l|sum %}{% endfor %}",
        "{% set l = range(100000)|list %}{% for i in range(100000) %}{% set y = l|max %}{% endfor %}",
        "{% set l = range(100000)|list %}{% for i in range(100000) %}{% set y = l|join %}{% endfor %}",
        "{% set l = range(100000)|list %}{% for i in range(100000) %}{% set y = l|tojson %}{% endfor %}",
        "{% set l = range(100000)|list %}{% for i in range(100000) %}{% set y = l|string %}{% endfor %}",
        "{% set l = range(100000)|list %}{% for i in range(100000) %}{% set y = l|batch(2) %}{% endfor %}",
        "{% set l = range(100000)|list %}{% for i in range(100000) %}{% set y = l|slice(3) %}{% endfor %}",
        "{% set l = range(100000)|list %}{% for i in range(100000) %}{% set y = l|map('string') %}{% endfor %}",
        "{% set l = range(100000)|list %}{% for i in range(100000) %}{% set y = l|select %}{% endfor %}",
        "{% set l = range(100000)|list %}{% for i in range(100000) %}{% set y = l|groupby(0) %}{% endfor %}",
        "{% set l = range(100000)|list %}{% for i in range(100000) %}{% set y = l|length %}{% endfor %}",
        "{% set l = range(100000)|list %}{% for i in range(100000) %}{% set y = l|first %}{% endfor %}", "{{ '%10000000000d'|format(1) }}",
        "{{ '%*d'|format(1000000000, 1) }}", "{{ '{:1000000000}'.format(1) }}", "{{ '%.1000000000f' % 1.5 }}", "{{ ('{}' * 100000).format(*[1]) }}",
        "{% set d = {'a': 1} %}{% for i in range(100) %}{% set d = dict(d, a=d) %}{% endfor %}{{ d }}",
        "{% set ns = namespace(d={}) %}{% for i in range(1000) %}{% set ns.d = {'a': ns.d} %}{% endfor %}{{ ns.d|tojson }}",
        "{% set ns = namespace(l=(1, 2)) %}{% for i in range(60) %}{% set ns.l = (ns.l, ns.l) %}{% endfor %}{{ {ns.l: 1} }}{{ nothing[ns.l] }}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ x is sameas(ns.l) }}{{ [1]|select(ns.l)|list }}",
        "{% macro f() %}{{ caller() }}{% endmacro %}{% for i in range(9999) %}{% call f() %}{{ 'a' * 1000000 }}{% endcall %}{% endfor %}",
        "{{ raise_exception('a' * 8000000) }}", "{{ " + string.Concat(Enumerable.Repeat("'a' ", 200_000)) + " }}",
        "{% for i in range(99999) %}{% for c in 'a' * 8000000 %}{% endfor %}{% endfor %}", "{{ ('a,' * 4000000).split(',')|length }}",
        "{% set ns = namespace(s='a' * 8000000, l=[]) %}{% for i in range(999) %}{% set ns.l = ns.l + [ns.s[1:]] %}{% endfor %}",
        "{% set ns = namespace(l=[]) %}{% for i in range(9999) %}{% set ns.l = [ns.l, namespace(a=range(9999)|list)] %}{% endfor %}",
        "{{ (-9223372036854775807 - 1)|abs }}{{ -(-9223372036854775807 - 1) }}", "{{ (-9223372036854775807 - 1) // -1 }}",
        "{{ (-9223372036854775807 - 1) % -1 }}",
        "{{ [1][-9223372036854775807 - 1] }}{{ [1][::-9223372036854775807 - 1] }}{{ 'a'[9223372036854775807] }}",
        "{{ 'a b'.rsplit(none, 9223372036854775807) }}{{ 'a'.replace('a', 'b', 9223372036854775807) }}{{ 'a'.zfill(-9223372036854775807 - 1) }}",
    ];

    [Theory, MemberData(nameof(Bombs)), MemberData(nameof(Costly))]
    public void A_bomb_ends_soon_and_in_little_memory(string template)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var clock = ThreadClock.Start();
        try
        {
            Render(template);
        }
        catch (JinjaException)
        {
            // refused
        }
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1L << 30);
        clock.AssertAtMost(60); // about one is usual
    }

    [Fact]
    public void Mutated_templates_render_or_are_refused()
    {
        string[] seeds =
        [
            "{%- for m in messages %}{{ '<|' + m['role'] + '|>\\n' + m.content | trim }}{% if loop.last %}{{ eos }}{% endif %}{% endfor %}",
            "{% set ns = namespace(a=[1, 2], b={'x': 1}) %}{% macro f(x, y=2) %}{{ x ~ y }}{% endmacro %}{{ f(ns.a[::-1], y=ns.b.x) }}",
            "{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | join(', ') | tojson(indent=2) }}{# c #}{% raw %}{{{% endraw %}",
            "{% if x is not none and 1 < 2 <= 3 or 'a' in 'abc' %}{{ (1, 2.5)[0] ** 2 // 3 }}{% elif y %}b{% else %}{{ 'x' * 3 if z else range(3) | list "
            + "}}{% endif %}",
        ];
        string[] pieces = ["{{", "}}", "{%", "%}", "{#", "#}", "-", "(", ")", "[", "]", "|", ".", "'", "\"", " if ", " for ", " in ", "endfor", "else", "1",
            "*", "**", ",", "=", "\n", "\\", "é", "\0", "~", "not ", "is ", "range(9)", "9999999999"];
        const string Variables = """{"messages":[{"role":"user","content":" hi "},{"role":"assistant","content":"yo"}],"eos":"</s>"}""";
        var random = new Random(4);
        for (var i = 0; i < Formats.Fuzz.Files; i++)
        {
            var template = seeds[random.Next(seeds.Length)];
            for (var times = random.Next(1, 6); times > 0; times--)
            {
                var at = random.Next(template.Length + 1);
                template = random.Next(3) switch
                {
                    0 => template[..at] + pieces[random.Next(pieces.Length)] + template[at..],
                    1 => template[..at] + template[Math.Min(template.Length, at + random.Next(1, 8))..],
                    _ => template[..at] + template[random.Next(template.Length)..],
                };
                template = template.Length == 0 ? " " : template.Length > 4000 ? template[..4000] : template;
            }
            var clock = ThreadClock.Start();
            try
            {
                Render(template, Variables);
            }
            catch (JinjaException)
            {
                // refused
            }
            catch (Exception e)
            {
                Assert.Fail($"template {i}: {template}\n{e}");
            }
            clock.AssertAtMost(5, $"template {i}, {template},");
        }
    }
}
