using System.Text;
using Nonet.Inference.Constraints.Automata;
using Nonet.Inference.Constraints.Regex;
using Nonet.Text.Unicode;

namespace Nonet.Inference.Constraints.Json;

/// <summary>Grammars of JSON strings whose values match a language.</summary>
sealed class JsonStringGrammar(ExpressionStore store, Derivatives derivatives)
{
    readonly Dictionary<(string, string), Expression> known = [];
    readonly Expression special = store.Concat(store.AnyText, store.Characters(CodePointSet.Of((0, 0x1F), ('"', '"'), ('\\', '\\'))), store.AnyText);

    Expression Quote => store.Literal("\"");

    /// <summary>The values that the keywords for strings allow.</summary>
    public Expression Values(Conjunction schema)
    {
        var parts = new List<Expression>();
        if (schema.MinLength > 0 || schema.MaxLength != Expression.Unlimited)
            parts.Add(schema.MaxLength < schema.MinLength ? store.Nothing : store.Repeat(store.AnyCharacter, schema.MinLength, schema.MaxLength));
        foreach (var (place, keyword, text) in schema.Texts)
            parts.Add(Text(place, keyword, text));
        if (schema.Excluded.Count > 0)
            parts.Add(store.Not(store.Or(schema.Excluded.Select(store.Literal))));
        if (!parts.Exists(p => p.IsText))
            parts.Add(store.AnyText);
        return store.And(parts);
    }

    Expression Text(SchemaPlace place, string keyword, string text)
    {
        if (known.TryGetValue((keyword, text), out var found))
            return found;
        var pattern = keyword == "pattern" ? text : StringFormats.PatternOf(text)
            ?? throw place.Refused("format", $"{text} is not one of {string.Join(", ", StringFormats.Names)}");
        return known[(keyword, text)] = keyword == "pattern" ? RegexParser.Anywhere(pattern, store, derivatives, $"schema {place.Pointer}")
            : RegexParser.Whole(pattern, store, derivatives, $"format {text}");
    }

    /// <summary>The JSON texts of values, including the quotes. If no value needs an escape, escapes are not allowed.</summary>
    public Expression Spelled(Expression values)
    {
        if (derivatives.IsEmpty(values))
            return store.Nothing;
        return values != store.AnyText && derivatives.AreDisjoint(values, special) ? store.Concat(Quote, values, Quote)
            : store.Concat(Quote, store.JsonString(values));
    }

    /// <summary>The only text of a string: characters are escaped only where JSON requires it.</summary>
    public Expression Literal(string value) => store.Literal(Escaped(value));

    public static string Escaped(string value)
    {
        var text = new StringBuilder("\"");
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                < ' ' => text.Append("\\u").Append(((int)c).ToString("x4", System.Globalization.CultureInfo.InvariantCulture)),
                _ => text.Append(c),
            };
        }
        return text.Append('"').ToString();
    }
}
