using System.Text;
using System.Text.Json;
using Nonet.Inference.Constraints.Automata;
using Nonet.Inference.Constraints.Grammars;
using Nonet.Inference.Constraints.Regex;

namespace Nonet.Inference.Constraints.Json;

/// <summary>Grammars of objects: declared properties in their order, then those that patternProperties and additionalProperties allow.</summary>
sealed class JsonObjectGrammar(JsonSchemaGrammar schemas, ExpressionStore store, Derivatives derivatives, JsonStringGrammar strings, JsonSigns signs)
{
    const int MostPatterns = 4;

    readonly Dictionary<string, Expression> names = new(StringComparer.Ordinal); // names that match a pattern

    readonly ObjectSpelling json = new()
    {
        Open = signs.OpenObject,
        Close = signs.CloseObject,
        Comma = signs.Comma,
        Name = name => store.Concat(strings.Literal(name), signs.Colon),
        Names = names => strings.Spelled(names) is var spelled && spelled == store.Nothing ? spelled : store.Concat(spelled, signs.Colon),
        Value = schemas.Value,
    };

    /// <summary>A declared property: its name, its schemas, and whether it is required.</summary>
    sealed record Member(string Name, List<SchemaPlace> Places, bool IsRequired);

    public GrammarNode Of(Conjunction schema) => Of(schema, json);

    /// <summary>The grammar of an object in a spelling.</summary>
    public GrammarNode Of(Conjunction schema, ObjectSpelling spelling)
    {
        if (Members(schema) is not { } members || schema.MinProperties > schema.MaxProperties)
            return GrammarNode.Terminal(store.Nothing);
        var further = Further(schema, spelling);
        var tails = new Dictionary<(int, int), GrammarNode>();
        var counted = schema.MaxProperties != Expression.Unlimited ? schema.MaxProperties : Math.Max(1, schema.MinProperties);
        if ((long)members.Count * Math.Min(counted, members.Count + 1) > 100_000)
            throw new InvalidDataException($"an object of {members.Count} properties with minProperties or maxProperties has too many states");
        return GrammarNode.Sequence(store, GrammarNode.Terminal(spelling.Open), From(0, 0), GrammarNode.Terminal(spelling.Close));

        // The members from a declared property on, after a number of properties.
        GrammarNode From(int index, int count)
        {
            // From the last to the first, so that the recursion is shallow for any number of properties.
            for (var i = members.Count; i >= index; i--)
            {
                for (var c = 0; c <= Math.Min(i, counted); c++)
                {
                    if (!tails.ContainsKey((i, c)))
                        tails[(i, c)] = i == members.Count ? Rest(c) : Before(i, c);
                }
            }
            return tails[(index, count)];
        }

        GrammarNode Before(int i, int c)
        {
            var member = members[i];
            var taken = c >= schema.MaxProperties ? null : GrammarNode.Sequence(
                store, GrammarNode.Terminal(store.Concat(c > 0 ? spelling.Comma : store.Empty, spelling.Name(member.Name))),
                spelling.Value(member.Places), tails[(i + 1, Math.Min(c + 1, counted))]);
            if (member.IsRequired)
                return taken ?? GrammarNode.Terminal(store.Nothing);
            return Shared(taken is null ? tails[(i + 1, c)] : GrammarNode.Choice(store, taken, tails[(i + 1, c)]), $"properties from {member.Name}");
        }

        GrammarNode Rest(int c)
        {
            var (min, max) = (Math.Max(0, schema.MinProperties - c), JsonSchemaGrammar.Less(schema.MaxProperties, c));
            if (further is null || max <= 0)
                return GrammarNode.Terminal(min > 0 ? store.Nothing : store.Empty);
            var more = GrammarNode.Sequence(store, GrammarNode.Terminal(spelling.Comma), further);
            if (c > 0)
                return GrammarNode.Repeat(store, more, min, max);
            return schemas.Optional(GrammarNode.Sequence(store, further, GrammarNode.Repeat(store, more, Math.Max(0, min - 1), JsonSchemaGrammar.Less(max, 1))),
                min == 0);
        }
    }

    /// <summary>Makes a node a rule, so that many alternatives can refer to it without copies.</summary>
    static GrammarNode Shared(GrammarNode node, string name)
    {
        var rule = GrammarNode.Rule(name);
        rule.Body = node;
        return rule;
    }

    /// <summary>The possible declared properties; null if a required property is impossible.</summary>
    List<Member>? Members(Conjunction schema)
    {
        var result = new List<Member>();
        foreach (var name in Declared(schema).Concat(schema.Required).Distinct(StringComparer.Ordinal))
        {
            var (places, required) = (PlacesOf(schema, name), schema.Required.Contains(name));
            if (!schemas.IsNothing(places) && IsName(schema, name))
                result.Add(new Member(name, places, required));
            else if (required)
                return null;
        }
        return result;
    }

    static IEnumerable<string> Declared(Conjunction schema) => schema.Objects.Where(o => o.Json.TryGetProperty("properties", out _)).SelectMany(o =>
        o.Json.GetProperty("properties") is { ValueKind: JsonValueKind.Object } properties ? properties.EnumerateObject().Select(p => p.Name)
        : throw o.Wrong("properties", "an object of schemas"));

    bool IsName(Conjunction schema, string name)
    {
        using var text = JsonDocument.Parse(JsonStringGrammar.Escaped(name));
        return schema.Names.Count == 0 || schemas.Allows(schema.Names, text.RootElement);
    }

    /// <summary>The schemas of a property: for each object schema, those of properties and patternProperties, or otherwise additionalProperties.</summary>
    List<SchemaPlace> PlacesOf(Conjunction schema, string name)
    {
        var (result, utf8) = (new List<SchemaPlace>(), Encoding.UTF8.GetBytes(name));
        foreach (var place in schema.Objects)
        {
            var own = new List<SchemaPlace>();
            if (place.Json.TryGetProperty("properties", out var properties) && properties.TryGetProperty(name, out _))
                own.Add(place.At("properties", name));
            own.AddRange(Patterns(place).Where(p => derivatives.Of(p.Names, utf8).IsNullable).Select(p => p.Place));
            if (own.Count == 0 && place.Json.TryGetProperty("additionalProperties", out _))
                own.Add(place.At("additionalProperties"));
            result.AddRange(own);
        }
        return result;
    }

    IEnumerable<(Expression Names, SchemaPlace Place)> Patterns(SchemaPlace place)
    {
        if (!place.Json.TryGetProperty("patternProperties", out var patterns))
            yield break;
        if (patterns.ValueKind != JsonValueKind.Object)
            throw place.Wrong("patternProperties", "an object of schemas");
        foreach (var pattern in patterns.EnumerateObject())
        {
            if (!names.TryGetValue(pattern.Name, out var matched))
                names[pattern.Name] = matched = RegexParser.Anywhere(pattern.Name, store, derivatives, $"schema {place.Pointer}/patternProperties");
            yield return (matched, place.At("patternProperties", pattern.Name));
        }
    }

    /// <summary>An undeclared property with its value; null if none is allowed. The schema of a name depends on the patterns that it matches.</summary>
    GrammarNode? Further(Conjunction schema, ObjectSpelling spelling)
    {
        var patterns = schema.Objects.SelectMany(o => Patterns(o).Select(p => (Owner: o, p.Names, p.Place))).ToList();
        if (patterns.Select(p => p.Names).Distinct().Count() is var different && different > MostPatterns)
            throw patterns[0].Owner.Refused("patternProperties", $"{different} patterns hold at once, more than {MostPatterns}");
        var known = store.Or(Declared(schema).Concat(schema.Required).Distinct(StringComparer.Ordinal).Select(store.Literal));
        var (sets, parts) = (patterns.Select(p => p.Names).Distinct().ToList(), new List<GrammarNode>());
        for (var chosen = 0; chosen < 1 << sets.Count; chosen++)
        {
            var matching = sets.Where((_, i) => (chosen >> i & 1) != 0).ToHashSet();
            var places = new List<SchemaPlace>();
            foreach (var owner in schema.Objects)
            {
                var own = patterns.Where(p => p.Owner == owner && matching.Contains(p.Names)).Select(p => p.Place).ToList();
                if (own.Count == 0 && owner.Json.TryGetProperty("additionalProperties", out _))
                    own.Add(owner.At("additionalProperties"));
                places.AddRange(own);
            }
            if (schemas.IsNothing(places))
                continue;
            var keys = store.And([NamesOf(schema), .. sets.Select(s => matching.Contains(s) ? s : store.Not(s)), store.Not(known)]);
            var spelled = spelling.Names(keys);
            if (spelled != store.Nothing)
                parts.Add(GrammarNode.Sequence(store, GrammarNode.Terminal(spelled), spelling.Value(places)));
        }
        return parts.Count == 0 ? null : GrammarNode.Choice(store, parts);
    }

    /// <summary>The strings that propertyNames allows.</summary>
    Expression NamesOf(Conjunction schema) => schema.Names.Count == 0 ? store.AnyText : schemas.StringsOf(schema.Names);

    /// <summary>Whether an object of an enum is allowed.</summary>
    public bool Allows(Conjunction schema, JsonElement value)
    {
        var fields = value.EnumerateObject().ToArray();
        return fields.Length >= schema.MinProperties && fields.Length <= schema.MaxProperties
            && schema.Required.TrueForAll(name => value.TryGetProperty(name, out _))
            && Array.TrueForAll(fields, f => IsName(schema, f.Name) && schemas.Allows(PlacesOf(schema, f.Name), f.Value));
    }

    /// <summary>Whether a required property is impossible, or the number of properties is.</summary>
    public bool MatchesNothing(Conjunction schema) => schema.MinProperties > schema.MaxProperties || schema.Required.Count > schema.MaxProperties
        || schema.Required.Exists(name => schemas.IsNothing(PlacesOf(schema, name)) || !IsName(schema, name));
}
