using System.Text.Json;
using Nonet.Inference.Constraints.Automata;
using Nonet.Inference.Constraints.Grammars;

namespace Nonet.Inference.Constraints.Json;

/// <summary>
/// Compiles a JSON schema to a grammar of the texts of valid values. Each set of schemas that must all hold is one rule, so that references may be circular.
/// Properties come in the order of declaration, then undeclared ones. Numbers with bounds have no exponent.
/// </summary>
sealed class JsonSchemaGrammar
{
    /// <summary>Maximum number of rules of a schema, so that a small schema cannot exhaust the memory.</summary>
    const int MostRules = 50_000;

    const int Deepest = 60; // levels of nested properties that are checked for impossible values

    readonly ExpressionStore store;
    readonly Derivatives derivatives;
    readonly SchemaDocument document;
    readonly SchemaAlternatives alternatives;
    readonly JsonStringGrammar strings;
    readonly Numbers numbers;
    readonly JsonObjectGrammar objects;
    readonly Dictionary<string, GrammarNode> rules = new(StringComparer.Ordinal);
    readonly Dictionary<string, bool> nothing = new(StringComparer.Ordinal);
    int depth;
    readonly Queue<(GrammarNode Rule, SchemaPlace[] Places)> unbuilt = [];

    JsonSchemaGrammar(SchemaDocument document, ExpressionStore store, Derivatives derivatives, JsonSchemaOptions options)
    {
        (this.document, this.store, this.derivatives) = (document, store, derivatives);
        alternatives = new SchemaAlternatives(document, MatchesNothing);
        (strings, numbers, Signs) = (new JsonStringGrammar(store, derivatives), new Numbers(store), new JsonSigns(store, options.Whitespace));
        objects = new JsonObjectGrammar(this, store, derivatives, strings, Signs);
    }

    /// <summary>Punctuation and the white space around it.</summary>
    JsonSigns Signs { get; }

    /// <exception cref="InvalidDataException">The schema is malformed or too large, or it allows no value.</exception>
    /// <exception cref="NotSupportedException">A keyword cannot be enforced. The message names it and its place.</exception>
    public static GrammarNode Compile(string schema, ExpressionStore store, Derivatives derivatives, JsonSchemaOptions options)
    {
        var document = new SchemaDocument(schema);
        var grammar = new JsonSchemaGrammar(document, store, derivatives, options);
        var root = grammar.Value([document.Root]);
        while (grammar.unbuilt.TryDequeue(out var next))
            next.Rule.Body = grammar.Build(next.Places);
        return root;
    }

    /// <summary>Compiles the schema of an object whose members are written as parameters, not as JSON.</summary>
    /// <param name="schema">Schema of the object.</param>
    /// <param name="store">Expressions.</param>
    /// <param name="derivatives">Derivatives of the store.</param>
    /// <param name="spell">Creates the spelling, given a function that compiles the values of a parameter.</param>
    /// <exception cref="InvalidDataException">As <see cref="Compile"/>.</exception>
    /// <exception cref="NotSupportedException">As <see cref="Compile"/>.</exception>
    public static GrammarNode CompileParameters(string schema, ExpressionStore store, Derivatives derivatives,
        Func<Func<IReadOnlyCollection<SchemaPlace>, GrammarNode>, ObjectSpelling> spell)
    {
        var document = new SchemaDocument(schema);
        var grammar = new JsonSchemaGrammar(document, store, derivatives, new JsonSchemaOptions());
        var forms = new List<GrammarNode>();
        foreach (var form in grammar.alternatives.Of([document.Root]).Where(form => form.Types.HasFlag(JsonTypes.Object)))
        {
            if (form.Values is not null)
                throw document.Root.Refused("enum", "the arguments of a call are written one by one");
            forms.Add(grammar.objects.Of(form, spell(grammar.Plain)));
        }
        while (grammar.unbuilt.TryDequeue(out var next))
            next.Rule.Body = grammar.Build(next.Places);
        return GrammarNode.Choice(store, forms);
    }

    /// <summary>The grammar of values in which strings have no quotes and escapes. Other values are JSON.</summary>
    GrammarNode Plain(IReadOnlyCollection<SchemaPlace> places)
    {
        var forms = new List<GrammarNode>();
        foreach (var schema in alternatives.Of(places))
        {
            if (schema.Values is { } values)
                forms.AddRange(values.Where(v => Allows(schema, v)).Select(v =>
                    v.ValueKind == JsonValueKind.String ? GrammarNode.Terminal(store.Literal(v.GetString()!)) : Literal(v)));
            else
            {
                if (schema.Types.HasFlag(JsonTypes.String))
                    forms.Add(GrammarNode.Terminal(strings.Values(schema)));
                schema.Types &= ~JsonTypes.String;
                forms.AddRange(Forms(schema));
            }
        }
        return GrammarNode.Choice(store, forms);
    }

    /// <summary>The grammar of values that several schemas all allow.</summary>
    public GrammarNode Value(IReadOnlyCollection<SchemaPlace> places)
    {
        var key = KeyOf(places);
        if (rules.TryGetValue(key, out var rule))
            return rule;
        if (rules.Count >= MostRules)
            throw new InvalidDataException($"the schema needs more than {MostRules} rules: its parts are combined in too many ways");
        rules[key] = rule = GrammarNode.Rule(key.Length == 0 ? "any value" : key);
        unbuilt.Enqueue((rule, [.. places]));
        return rule;
    }

    static string KeyOf(IEnumerable<SchemaPlace> places) =>
        string.Join('\n',
            places.Where(p => p.Json.ValueKind != JsonValueKind.True).Select(p => p.Pointer).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    GrammarNode Build(SchemaPlace[] places) => GrammarNode.Choice(store, alternatives.Of(places).SelectMany(Forms));

    /// <summary>The grammars of a conjunction, one for each type.</summary>
    IEnumerable<GrammarNode> Forms(Conjunction schema)
    {
        if (schema.Values is { } values)
        {
            foreach (var value in values.Where(v => Allows(schema, v)))
                yield return Literal(value);
            yield break;
        }
        if (schema.Types.HasFlag(JsonTypes.Null))
            yield return GrammarNode.Terminal(store.Literal("null"));
        if (schema.Types.HasFlag(JsonTypes.Boolean))
            yield return GrammarNode.Terminal(store.Or(store.Literal("true"), store.Literal("false")));
        if ((schema.Types & JsonTypes.Number) != 0)
            yield return GrammarNode.Terminal(NumberOf(schema));
        if (schema.Types.HasFlag(JsonTypes.String))
            yield return GrammarNode.Terminal(strings.Spelled(strings.Values(schema)));
        if (schema.Types.HasFlag(JsonTypes.Array))
            yield return ArrayOf(schema);
        if (schema.Types.HasFlag(JsonTypes.Object))
            yield return objects.Of(schema);
    }

    Expression NumberOf(Conjunction schema)
    {
        var isInteger = !schema.Types.HasFlag(JsonTypes.Fraction);
        var result = isInteger ? numbers.Integer : schema.From is null && schema.To is null && schema.Multiples.Count == 0 ? numbers.Number : numbers.Decimal;
        if (!schema.Types.HasFlag(JsonTypes.Integer))
            result = store.And(result, store.Not(numbers.Integer));
        if (schema.From is not null || schema.To is not null)
            result = store.And(result, numbers.Range(schema.From, schema.To));
        foreach (var divisor in schema.Multiples)
            result = store.And(result, numbers.MultiplesOf(divisor)
                ?? throw new NotSupportedException($"multipleOf {divisor} cannot be enforced: it has more than 15 digits"));
        return derivatives.IsEmpty(result) ? store.Nothing : result;
    }

    GrammarNode ArrayOf(Conjunction schema)
    {
        var most = schema.MaxItems;
        var prefixes = schema.Items.Count == 0 ? 0 : schema.Items.Max(i => i.Prefix.Length);
        for (var i = 0; i < prefixes && i < most; i++)
            most = IsNothing(ItemAt(schema, i)) ? i : most;
        var rest = ItemAt(schema, prefixes);
        if (most > prefixes && IsNothing(rest))
            most = prefixes;
        if (most < schema.MinItems)
            return GrammarNode.Terminal(store.Nothing);
        var (comma, first) = (GrammarNode.Terminal(Signs.Comma), Math.Min(prefixes, most));
        // From the last item to the first, since each item is followed by the grammar of the later ones.
        var more = most > prefixes ? GrammarNode.Sequence(store, comma, Value(rest)) : null;
        var tail = more is null ? GrammarNode.Terminal(store.Empty)
            : first > 0 ? GrammarNode.Repeat(store, more, Math.Max(0, schema.MinItems - prefixes), Less(most, prefixes))
            : Optional(GrammarNode.Sequence(store, Value(rest), GrammarNode.Repeat(store, more, Math.Max(0, schema.MinItems - 1), Less(most, 1))),
                schema.MinItems == 0);
        for (var i = first - 1; i >= 0; i--)
        {
            var item = GrammarNode.Sequence(store, i > 0 ? comma : GrammarNode.Terminal(store.Empty), Value(ItemAt(schema, i)), tail);
            tail = Optional(item, schema.MinItems <= i);
        }
        return GrammarNode.Sequence(store, GrammarNode.Terminal(Signs.OpenArray), tail, GrammarNode.Terminal(Signs.CloseArray));
    }

    public static int Less(int most, int taken) => most == Expression.Unlimited ? most : most - taken;

    public GrammarNode Optional(GrammarNode node, bool isOptional) => isOptional ? GrammarNode.Choice(store, GrammarNode.Terminal(store.Empty), node) : node;

    /// <summary>The schemas of an item.</summary>
    static List<SchemaPlace> ItemAt(Conjunction schema, int i) =>
        [.. schema.Items.Select(rule => i < rule.Prefix.Length ? rule.Prefix[i] : rule.Others).OfType<SchemaPlace>()];

    /// <summary>The grammar of a single value, which has only one text apart from white space.</summary>
    GrammarNode Literal(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                return GrammarNode.Terminal(strings.Literal(value.GetString()!));
            case JsonValueKind.Number:
                var raw = value.GetRawText();
                return GrammarNode.Terminal(store.Literal(DecimalNumber.Parse(raw)?.ToString() ?? raw));
            case JsonValueKind.Array:
                return Parts(Signs.OpenArray, [.. value.EnumerateArray().Select(Literal)], Signs.CloseArray);
            case JsonValueKind.Object:
                return Parts(Signs.OpenObject,
                    [.. value.EnumerateObject()
                    .Select(p => GrammarNode.Sequence(store, GrammarNode.Terminal(store.Concat(strings.Literal(p.Name), Signs.Colon)), Literal(p.Value)))],
                    Signs.CloseObject);
            default:
                return GrammarNode.Terminal(store.Literal(value.GetRawText()));
        }
    }

    GrammarNode Parts(Expression open, List<GrammarNode> parts, Expression close)
    {
        var all = new List<GrammarNode> { GrammarNode.Terminal(open) };
        foreach (var part in parts)
            all.AddRange(all.Count > 1 ? [GrammarNode.Terminal(Signs.Comma), part] : [part]);
        return GrammarNode.Sequence(store, [.. all, GrammarNode.Terminal(close)]);
    }

    /// <summary>Whether the other keywords allow a value of an enum.</summary>
    bool Allows(Conjunction schema, JsonElement value)
    {
        if ((schema.Types & Conjunction.TypeOf(value)) == 0)
            return false;
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                return derivatives.Of(strings.Values(schema), System.Text.Encoding.UTF8.GetBytes(value.GetString()!)).IsNullable;
            case JsonValueKind.Number when schema.From is not null || schema.To is not null || schema.Multiples.Count > 0:
                return DecimalNumber.Parse(value.GetRawText()) is { } number
                    && derivatives.Of(NumberOf(schema), System.Text.Encoding.UTF8.GetBytes(number.ToString())).IsNullable;
            case JsonValueKind.Array:
                var items = value.EnumerateArray().ToArray();
                return items.Length >= schema.MinItems && items.Length <= schema.MaxItems
                    && items.Select((item, i) => Allows(ItemAt(schema, i), item)).All(a => a);
            case JsonValueKind.Object:
                return objects.Allows(schema, value);
            default:
                return true;
        }
    }

    /// <summary>Whether schemas that must all hold allow a value.</summary>
    public bool Allows(IEnumerable<SchemaPlace> places, JsonElement value) =>
        alternatives.Of(places).Exists(c => (c.Values is null || c.Values.Exists(v => JsonElement.DeepEquals(v, value))) && Allows(c, value));

    /// <summary>The strings that schemas allow which must all hold.</summary>
    public Expression StringsOf(IEnumerable<SchemaPlace> places) => store.Or(alternatives.Of(places).Where(c => c.Types.HasFlag(JsonTypes.String)).Select(c =>
        c.Values is null ? strings.Values(c)
        : store.Or(c.Values.Where(v => v.ValueKind == JsonValueKind.String && Allows(c, v)).Select(v => store.Literal(v.GetString()!)))));

    /// <summary>Whether no value is allowed, as far as that can be decided without following circular references.</summary>
    public bool IsNothing(IReadOnlyCollection<SchemaPlace> places)
    {
        var key = KeyOf(places);
        if (nothing.TryGetValue(key, out var known))
            return known;
        if (depth >= Deepest)
            return false; // unknown
        nothing[key] = false; // a circular reference is unknown, too
        depth++;
        nothing[key] = alternatives.Of(places).TrueForAll(MatchesNothing);
        depth--;
        return nothing[key];
    }

    bool MatchesNothing(Conjunction schema)
    {
        if (schema.Values is { } values)
            return !values.Exists(v => Allows(schema, v));
        return (schema.Types & (JsonTypes.Null | JsonTypes.Boolean)) == 0
            && ((schema.Types & JsonTypes.Number) == 0 || NumberOf(schema) == store.Nothing)
            && (!schema.Types.HasFlag(JsonTypes.String) || derivatives.IsEmpty(strings.Values(schema)))
            && (!schema.Types.HasFlag(JsonTypes.Array) || schema.MinItems > schema.MaxItems
                || Enumerable.Range(0, Math.Min(schema.MinItems, 64)).Any(i => IsNothing(ItemAt(schema, i))))
            && (!schema.Types.HasFlag(JsonTypes.Object) || objects.MatchesNothing(schema));
    }
}
