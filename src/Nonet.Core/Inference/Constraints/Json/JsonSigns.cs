using Nonet.Inference.Constraints.Automata;

namespace Nonet.Inference.Constraints.Json;

/// <summary>The signs of JSON with the white space that may stand about them.</summary>
sealed class JsonSigns
{
    public JsonSigns(ExpressionStore store, JsonWhitespace whitespace)
    {
        var space = whitespace == JsonWhitespace.Flexible ? store.Repeat(store.Bytes(ByteSet.Of(" \t\r\n")), 0) : store.Empty;
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
