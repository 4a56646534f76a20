using System.Text.Json;
using Nonet.Files;

namespace Nonet.Text;

/// <summary>Names of all ids: the model's tokens, and added tokens.</summary>
sealed class TokenNames
{
    readonly string?[] names;
    readonly Dictionary<int, string> far = []; // names of ids that are so large that an array would be mostly empty
    readonly IReadOnlyDictionary<string, int> vocabulary;
    readonly HashSet<int> addedIds;
    readonly Dictionary<string, int> added = new(StringComparer.Ordinal);

    public TokenNames(IReadOnlyDictionary<string, int> vocabulary, IReadOnlyList<AddedToken> tokens, string file)
    {
        this.vocabulary = vocabulary;
        addedIds = [.. tokens.Select(t => t.Id)];
        Count = Math.Max(vocabulary.Values.DefaultIfEmpty(-1).Max(), tokens.Select(t => t.Id).DefaultIfEmpty(-1).Max()) + 1;
        names = new string?[Math.Min(Count, (4 * vocabulary.Count) + (1 << 16))];
        foreach (var (token, id) in vocabulary)
            Set(id, token);
        foreach (var token in tokens)
        {
            if (!added.TryAdd(token.Content, token.Id) && added[token.Content] != token.Id)
                throw new MalformedFileException(file, $"added token '{token.Content}' with ids {added[token.Content]} and {token.Id}", "one id");
            if (vocabulary.TryGetValue(token.Content, out var own) ? own != token.Id : NameOf(token.Id) is { } other && other != token.Content)
                throw new MalformedFileException(file,
                    $"added token '{token.Content}' with id {token.Id}, "
                    + $"{(own != token.Id && vocabulary.ContainsKey(token.Content) ? $"which is {own} in the vocabulary" : $"which is '{NameOf(token.Id)}'")}",
                    "ids that agree");
            Set(token.Id, token.Content);
        }
    }

    public int Count { get; }

    /// <summary>The token of an id; null if no token has the id.</summary>
    public string? NameOf(int id) => (uint)id < (uint)names.Length ? names[id] : far.GetValueOrDefault(id);

    void Set(int id, string name)
    {
        if (id < names.Length)
            names[id] = name;
        else
            far[id] = name;
    }

    /// <summary>The id in a JSON value; null if the value is not a valid id.</summary>
    public int? IdIn(JsonElement json) => json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out var id) && id >= 0 && id < Count ? id : null;

    /// <summary>Whether an id belongs to an added token.</summary>
    public bool IsAdded(int id) => addedIds.Contains(id);

    public int? IdOf(string token) => added.TryGetValue(token, out var id) || vocabulary.TryGetValue(token, out id) ? id : null;
}
