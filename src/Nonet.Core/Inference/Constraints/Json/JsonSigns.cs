using Nonet.Inference.Constraints.Automata;

namespace Nonet.Inference.Constraints.Json;

/// <summary>The punctuation of JSON with the white space that may surround it.</summary>
sealed class JsonSigns
{
    const int MostIndentation = 20;

    public JsonSigns(ExpressionStore store, JsonWhitespace whitespace)
    {
        // Bounded, because some models would otherwise generate white space up to the maximum number of tokens.
        var line = store.Concat(store.Optional(store.Literal("\r")), store.Literal("\n"), store.Repeat(store.Bytes(ByteSet.Of(" \t")), 0, MostIndentation));
        var space = whitespace == JsonWhitespace.Flexible ? store.Or(store.Empty, store.Literal(" "), line) : store.Empty;
        var after = whitespace == JsonWhitespace.Spaced ? store.Literal(" ") : space;
        OpenArray = store.Concat(store.Literal("["), space);
        CloseArray = store.Concat(space, store.Literal("]"));
        OpenObject = store.Concat(store.Literal("{"), space);
        CloseObject = store.Concat(space, store.Literal("}"));
        Comma = store.Concat(space, store.Literal(","), after);
        Colon = store.Concat(space, store.Literal(":"), after);
    }

    public Expression OpenArray { get; }
    public Expression CloseArray { get; }
    public Expression OpenObject { get; }
    public Expression CloseObject { get; }
    public Expression Comma { get; }
    public Expression Colon { get; }
}
