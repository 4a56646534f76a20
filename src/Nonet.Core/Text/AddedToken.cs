using Nonet.Files;

namespace Nonet.Text;

/// <summary>A token that is found before a text is split: a special token, or a word that was added to the vocabulary.</summary>
/// <param name="Id">Id of the token.</param>
/// <param name="Content">Text of the token.</param>
/// <param name="Special">Whether it is a special token and not text.</param>
/// <param name="SingleWord">Whether it is not found inside a word.</param>
/// <param name="LeftStrip">Whether it includes white space before it.</param>
/// <param name="RightStrip">Whether it includes white space after it.</param>
/// <param name="Normalized">Whether it is searched in the normalised text.</param>
readonly record struct AddedToken(int Id, string Content, bool Special, bool SingleWord = false, bool LeftStrip = false, bool RightStrip = false,
    bool Normalized = false)
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
        return new AddedToken(id, content, special, token.Flag("single_word", false), token.Flag("lstrip", false), token.Flag("rstrip", false),
            token.Flag("normalized", !special));
    }
}
