using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Inference.Constraints;
using Nonet.Inference.Constraints.Automata;
using Nonet.Inference.Constraints.Grammars;
using Nonet.Inference.Constraints.Json;
using Nonet.Inference.Constraints.Vocabulary;
using Nonet.Text;
using Nonet.Text.Chat;
using Nonet.Text.Unicode;

namespace Nonet.Inference.Tools;

/// <summary>
/// The grammar of the replies that a request allows: optional thoughts, then free text or JSON of a schema, then calls whose arguments match the tools'
/// schemas. Free text must not contain the mark of a call, so that everything after a mark is constrained as a call.
/// </summary>
sealed class ReplyGrammar
{
    const int MostSpace = 2;

    readonly ReplyForm form;
    readonly Tokenizer tokenizer;
    readonly ExpressionStore store;
    readonly Derivatives derivatives;
    readonly JsonSigns signs;
    readonly Expression space, anyText;

    ReplyGrammar(ReplyForm form, Tokenizer tokenizer, IEnumerable<int> stopTokens, ExpressionStore store, Derivatives derivatives)
    {
        (this.form, this.tokenizer, this.store, this.derivatives) = (form, tokenizer, store, derivatives);
        signs = new JsonSigns(store, JsonWhitespace.Flexible);
        space = store.Repeat(store.Bytes(ByteSet.Of(" \n")), 0, MostSpace);
        // A stop token is never part of the reply's text. The engine allows it when the reply is complete.
        var special = store.Concat(store.Bytes(ByteSet.Of(TokenVocabulary.SpecialByte)), store.AnyByte, store.AnyByte, store.AnyByte);
        var stops = store.Or(stopTokens.Where(IsSpecial).Select(Special));
        anyText = store.Repeat(store.Or(store.Bytes(~ByteSet.Of(TokenVocabulary.SpecialByte)), store.And(special, store.Not(stops))), 0);
    }

    /// <summary>The constraint of a reply; null if every reply is allowed.</summary>
    /// <exception cref="InvalidDataException">A schema is malformed, too large, or allows no value.</exception>
    /// <exception cref="NotSupportedException">A keyword of a schema cannot be enforced; the message names the tool, the keyword and its place.</exception>
    public static ITokenConstraint? Compile(ReplyForm form, Tokenizer tokenizer, IEnumerable<int> stopTokens) => form.IsFree ? null
        : new GrammarConstraint(StructuredText.Compile(
            TokenVocabulary.Of(tokenizer), (store, derivatives) => new ReplyGrammar(form, tokenizer, stopTokens, store, derivatives).Root()));

    GrammarNode Root()
    {
        var reply = Reply();
        if (form.Thinking == Thinking.None)
            return reply;
        var close = Marked(ThinkingMarks.Close);
        var thoughts = GrammarNode.Terminal(store.Concat(Without(close), close, space));
        if (form.Thinking == Thinking.Opened)
            return GrammarNode.Sequence(store, thoughts, reply);
        var open = Terminal(store.Concat(space, Mark(ThinkingMarks.Open)));
        return GrammarNode.Choice(store, GrammarNode.Sequence(store, open, thoughts, reply), reply);
    }

    GrammarNode Reply()
    {
        var answer = form.Schema is { } schema ? Schema(schema, "the response format") : null;
        if (form.Format is not { } format || form.Tools.Count == 0)
            return answer!;
        var calls = form.Choice.MayCall ? Calls(format) : null;
        if (calls is null)
            return answer ?? Terminal(Free(format));
        if (form.Choice.MustCall)
            return GrammarNode.Sequence(store, Terminal(space), calls);
        if (answer is not null || format.OnlyAtStart)
            return GrammarNode.Choice(store, answer ?? Terminal(Free(format)), calls);
        return GrammarNode.Choice(store, Terminal(Free(format)), GrammarNode.Sequence(store, Terminal(Free(format)), calls));
    }

    /// <summary>Text without a call and without unclosed thoughts.</summary>
    Expression Free(ToolCallFormat format)
    {
        var free = format.OnlyAtStart
            ? store.And(anyText, store.Not(store.Concat(AnySpace, StartOf(format), store.Anything)))
            : Without(Marked(format.Trigger!));
        return form.Thinking == Thinking.May ? store.And(free, store.Not(store.Concat(AnySpace, Marked(ThinkingMarks.Open), store.Anything))) : free;
    }

    /// <summary>The beginning that distinguishes a call without a mark from an answer in JSON.</summary>
    Expression StartOf(ToolCallFormat format) => store.Or(store.Concat(store.Literal("{"), AnySpace, store.Literal("\"name\"")), Marked(format.Begin[0].Text));

    Expression AnySpace => store.Repeat(store.Bytes(ByteSet.Of(" \t\r\n")), 0);

    Expression Without(Expression mark) => store.And(anyText, store.Not(store.Concat(store.Anything, mark, store.Anything)));

    GrammarNode Calls(ToolCallFormat format)
    {
        var tools = form.Choice.Name is { } name ? [form.Tools.First(t => t.Name == name)] : form.Tools;
        var call = GrammarNode.Choice(store, tools.Select(tool => Parts(format.Call, tool)).ToArray());
        var more = format.Separator is { } separator && form.ManyCalls ? GrammarNode.Repeat(store, GrammarNode.Sequence(store, Parts(separator), call), 0)
            : Terminal(store.Empty);
        var block = GrammarNode.Sequence(store, Parts(format.Begin), call, more, Parts(format.End));
        return format.Repeats && form.ManyCalls
            ? GrammarNode.Sequence(store, block, GrammarNode.Repeat(store, GrammarNode.Sequence(store, Terminal(space), block), 0)) : block;
    }

    GrammarNode Parts(IReadOnlyList<ToolCallPart> parts, ChatTool? tool = null) =>
        GrammarNode.Sequence(store, parts.Select(part => Part(part, tool)).ToArray());

    GrammarNode Part(ToolCallPart part, ChatTool? tool)
    {
        switch (part.Kind)
        {
            case ToolCallPartKind.Mark:
                return Terminal(part.IsOptional ? store.Optional(Mark(part.Text)) : Mark(part.Text));
            case ToolCallPartKind.Space:
                return Terminal(space);
            case ToolCallPartKind.Name:
                return Terminal(store.Literal(tool!.Name));
            case ToolCallPartKind.Id:
                return Terminal(store.Optional(store.Concat(Mark(part.Text), Id)));
            case ToolCallPartKind.Parameters:
                return Named($"tool {tool!.Name}", () => GrammarNode.Sequence(
                    store, JsonSchemaGrammar.CompileParameters(ArgumentsSchema(tool), store, derivatives, values => Spelling(part.Marks!, values)),
                    Terminal(space)));
            case ToolCallPartKind.Arguments:
                return Schema(ArgumentsSchema(tool!), $"tool {tool!.Name}");
            default:
                var id = part.HasId ? store.Optional(store.Concat(signs.Comma, Field("id"), store.Literal("\""), Id, store.Literal("\""))) : store.Empty;
                return GrammarNode.Sequence(
                    store,
                    Terminal(store.Concat(signs.OpenObject, Field("name"), JsonStringLiteral(tool!.Name), signs.Comma, Field(part.Text))),
                    Schema(ArgumentsSchema(tool), $"tool {tool.Name}"),
                    Terminal(store.Concat(id, signs.CloseObject)));
        }
    }

    Expression Field(string name) => store.Concat(JsonStringLiteral(name), signs.Colon);

    Expression JsonStringLiteral(string text) => store.Literal(JsonStringGrammar.Escaped(text));

    Expression Id => store.Repeat(store.Characters(CodePointSet.Of(('a', 'z'), ('A', 'Z'), ('0', '9'))), 9, 9);

    static GrammarNode Terminal(Expression expression) => GrammarNode.Terminal(expression);

    /// <summary>
    /// Parameters between marks. A string must not contain its end mark. An array or an object may contain the mark within a string, because
    /// <see cref="ParameterReader"/> reads to the end of the JSON.
    /// </summary>
    ObjectSpelling Spelling(ParameterMarks marks, Func<IReadOnlyCollection<SchemaPlace>, GrammarNode> values)
    {
        var (line, end) = (store.Literal(marks.Line), Marked(marks.ValueEnd));
        var before = marks.ValueStart.Length > 0 ? store.Concat(space, Mark(marks.ValueStart), line) : line;
        var names = store.Repeat(store.Characters(CodePointSet.Of(('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_'), ('-', '-'), ('.', '.'))), 1);
        return new ObjectSpelling
        {
            Open = store.Empty,
            Close = store.Empty,
            Comma = space,
            Name = name => Around(store.Literal(name)),
            Names = all => store.And(all, names) is var known && derivatives.IsEmpty(known) ? store.Nothing : Around(known),
            Value = places => GrammarNode.Sequence(store, Closed(values(places)), Terminal(store.Concat(line, Mark(marks.ValueEnd)))),
        };

        Expression Around(Expression name) => store.Concat(Mark(marks.NameStart), name, Mark(marks.NameEnd), before);

        // Terminals are strings without quotes. If JSON values are allowed too, such a string must not look like JSON that ends within a JSON string, because
        // the end mark would seem to be part of it. A line break before the mark makes it unambiguous, since a JSON string cannot contain one.
        GrammarNode Closed(GrammarNode value, bool isBesideJson = false) => value.Kind switch
        {
            GrammarNodeKind.Terminal => Terminal(store.And(
                value.Expression, store.Not(store.Concat(store.Anything, end, store.Anything)), isBesideJson ? store.Not(OpenString) : value.Expression)),
            GrammarNodeKind.Choice => GrammarNode.Choice(store, value.Parts.Select(part => Closed(part, !marks.HasLines))),
            _ => value,
        };
    }

    /// <summary>Texts that may be truncated JSON that ends within a string.</summary>
    Expression OpenString
    {
        get
        {
            var (quote, escaped) = (store.Literal("\""), store.Concat(store.Literal("\\"), store.AnyByte));
            var inner = store.Repeat(store.Or(store.Bytes(~ByteSet.Of("\"\\\n")), escaped), 0);
            var before = store.Repeat(store.Or(store.Bytes(~ByteSet.Of("\"")), store.Concat(quote, inner, quote)), 0);
            return store.Concat(AnySpace, store.Bytes(ByteSet.Of("[{")), before, quote, inner);
        }
    }

    GrammarNode Schema(string schema, string owner) =>
        Named(owner, () => JsonSchemaGrammar.Compile(schema, store, derivatives, new JsonSchemaOptions()));

    /// <summary>Compiles a schema. Error messages begin with its owner.</summary>
    static GrammarNode Named(string owner, Func<GrammarNode> compile)
    {
        try
        {
            return compile();
        }
        catch (NotSupportedException e)
        {
            throw new NotSupportedException($"{owner}: {e.Message}", e);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{owner}: {e.Message}", e);
        }
    }

    /// <summary>The schema of a tool's arguments: an object, without undeclared properties unless the tool's schema allows them.</summary>
    static string ArgumentsSchema(ChatTool tool)
    {
        string[] others = ["additionalProperties", "patternProperties", "unevaluatedProperties", "$ref", "allOf", "anyOf", "oneOf", "if"];
        if (!tool.IsStrict || tool.Parameters.ValueKind == JsonValueKind.True)
            return """{"type":"object"}""";
        if (tool.Parameters.ValueKind != JsonValueKind.Object)
            throw new ArgumentException($"tool {tool.Name}: its schema is {tool.Parameters.GetRawText()}; expected a JSON object");
        var schema = JsonObject.Create(tool.Parameters)!;
        schema.TryAdd("type", "object");
        if (!others.Any(schema.ContainsKey))
            schema["additionalProperties"] = false;
        return schema.ToJsonString();
    }

    bool IsSpecial(int id) => id < tokenizer.Vocab && tokenizer.IsSpecial(id) && !(tokenizer.HasEndOfText && tokenizer.EndOfText == id);

    /// <summary>The special token of a name, or the text if there is no such token.</summary>
    Expression Mark(string text) => tokenizer.IdOf(text) is { } id && IsSpecial(id) ? Special(id) : store.Literal(text);

    /// <summary>The special token or the text. A reader recognises both as a mark.</summary>
    Expression Marked(string text) => store.Or(Mark(text), store.Literal(text));

    Expression Special(int id) => store.Concat([.. TokenVocabulary.BytesOfSpecial(id).Select(b => store.Bytes(ByteSet.Of(b)))]);
}
