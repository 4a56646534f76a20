using Nonet.Files;

namespace Nonet.Text;

/// <summary>Bounds the steps of a pipeline's part, those within sequences included: each of them handles the whole text.</summary>
static class PipelineParts
{
    const int Most = 256;

    /// <param name="json">The object of a normalizer, pre-tokenizer, post-processor or decoder; null: there is none.</param>
    /// <param name="list">The field of a Sequence that holds its parts.</param>
    public static JsonFields? Checked(JsonFields? json, string list)
    {
        if (json is not null && Count(json, list) is > Most and var count)
            throw json.Wrong(list, $"at most {Most} steps, those of inner sequences included; these are {count}");
        return json;
    }

    static int Count(JsonFields json, string list) => 1 + (json.IsArray(list) ? json.Objects(list).Sum(part => Count(part, list)) : 0);
}
