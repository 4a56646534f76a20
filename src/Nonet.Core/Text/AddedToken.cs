using Nonet.Files;

namespace Nonet.Text;

/// <summary>A token that is found in a text before all else: a special one, or a word that was added later.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="Special">Whether it is a mark rather than text.</param>
/// <param name="SingleWord">It is not found inside a word.</param>
/// <param name="LeftStrip">White space before it belongs to it.</param>
/// <param name="RightStrip">White space after it belongs to it.</param>
/// <param name="Normalized">It is looked for in the normalised text.</param>
readonly record struct AddedToken(int Id, string Content, bool Special, bool SingleWord = false, bool LeftStrip = false, bool RightStrip = false, bool Normalized = false)
{
    public const int MostIds = 1 << 24;

    public static List<AddedToken> Read(JsonFields json)
    {
        var added = new List<AddedToken>();
        foreach (var token in json.Objects("added_tokens"))
        {
            if (!token.Has("id"))
                throw token.Missing("id", "the token's id");
            var id = token.Number("id", 0, 0, MostIds - 1);
            if (id != Math.Floor(id))
                throw token.Wrong("id", "a whole number");
            added.Add(Read(token, (int)id));
        }
        return added;
    }

    /// <summary>Reads a token whose id is known.</summary>
    public static AddedToken Read(JsonFields token, int id)
    {
        var content = token.Text("content");
        if (string.IsNullOrEmpty(content))
            throw token.Wrong("content", "the token's text");
        var special = token.Flag("special", false);
        return new AddedToken(id, content, special, token.Flag("single_word", false), token.Flag("lstrip", false), token.Flag("rstrip", false), token.Flag("normalized", !special));
    }
}
