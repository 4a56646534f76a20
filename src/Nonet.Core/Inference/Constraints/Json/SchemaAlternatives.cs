using System.Text.Json;

namespace Nonet.Inference.Constraints.Json;

/// <summary>
/// Converts a set of schemas that must all hold to alternatives without references, allOf, anyOf and oneOf. Each alternative is a <see cref="Conjunction"/>,
/// and a value is valid if one of them allows it.
/// </summary>
sealed class SchemaAlternatives(SchemaDocument document, Func<Conjunction, bool> matchesNothing)
{
    const int MostAlternatives = 2000, Deepest = 200;

    readonly HashSet<string> exclusive = new(StringComparer.Ordinal); // each oneOf whose members are known to exclude each other

    public List<Conjunction> Of(IEnumerable<SchemaPlace> places)
    {
        var result = new List<Conjunction>();
        Expand([.. places], [], [], result, 0);
        return result;
    }

    void Expand(List<SchemaPlace> pending, List<SchemaPlace> taken, List<(SchemaPlace Place, string Keyword)> choices, List<Conjunction> result, int depth)
    {
        pending = [.. pending];
        (taken, choices) = ([.. taken], [.. choices]);
        for (var i = 0; i < pending.Count; i++)
        {
            var place = pending[i];
            if (taken.Contains(place))
                continue;
            taken.Add(place);
            if (place.Json.ValueKind == JsonValueKind.False)
                return;
            if (place.Json.ValueKind == JsonValueKind.True)
                continue;
            if (place.Json.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException(
                    $"schema {place.Pointer}: found {place.Json.ValueKind.ToString().ToLowerInvariant()}; expected an object, true or false");
            if (place.Json.TryGetProperty("$ref", out _))
                pending.Add(document.Resolve(place));
            if (IsReferenceOnly(place))
                continue;
            SchemaKeywords.Check(place);
            if (place.Json.TryGetProperty("allOf", out _))
                pending.AddRange(Members(place, "allOf"));
            foreach (var keyword in new[] { "anyOf", "oneOf" })
            {
                if (place.Json.TryGetProperty(keyword, out _))
                    choices.Add((place, keyword));
            }
        }
        if (choices.Count == 0)
        {
            result.Add(Join(taken));
            return;
        }
        if (result.Count > MostAlternatives || depth > Deepest)
            throw choices[0].Place.Refused(choices[0].Keyword,
                $"together with the schemas around it, it has more than {MostAlternatives} alternatives, or alternatives in alternatives more than "
                + $"{Deepest} deep");
        var (at, kind) = choices[^1];
        choices.RemoveAt(choices.Count - 1);
        var members = Members(at, kind);
        if (kind == "oneOf")
            RequireExclusive(at, members, taken);
        foreach (var member in members)
            Expand([member], taken, choices, result, depth + 1);
    }

    bool IsReferenceOnly(SchemaPlace place) => document.IgnoresSiblings && place.Json.TryGetProperty("$ref", out _);

    static SchemaPlace[] Members(SchemaPlace place, string keyword)
    {
        var list = place.Json.GetProperty(keyword);
        return list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0
            ? [.. Enumerable.Range(0, list.GetArrayLength()).Select(i => place.At(keyword, i))]
            : throw place.Wrong(keyword, "an array of at least one schema");
    }

    Conjunction Join(List<SchemaPlace> places)
    {
        var joined = new Conjunction();
        foreach (var place in places.Where(p => p.Json.ValueKind == JsonValueKind.Object && !IsReferenceOnly(p)))
            joined.Add(place);
        return joined;
    }

    /// <summary>oneOf equals anyOf if no value matches two members. Throws if this cannot be proved for each pair.</summary>
    void RequireExclusive(SchemaPlace place, SchemaPlace[] members, List<SchemaPlace> others)
    {
        if (!exclusive.Add(place.Pointer))
            return;
        for (var i = 0; i < members.Length; i++)
        {
            for (var j = i + 1; j < members.Length; j++)
            {
                if (!AreExclusive(members[i], members[j], others))
                    throw place.Refused("oneOf",
                        $"its members {i} and {j} may both match one value; use anyOf, or tell them apart by type, const or a required property");
            }
        }
    }

    bool AreExclusive(SchemaPlace x, SchemaPlace y, List<SchemaPlace> others)
    {
        var both = new List<Conjunction>();
        Expand([x, y], [.. others.Where(o => o != x && o != y)], [], both, 0);
        return both.TrueForAll(c => matchesNothing(c));
    }
}
