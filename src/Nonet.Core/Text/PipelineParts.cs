using Nonet.Files;

namespace Nonet.Text;

/// <summary>Limits the number of steps in a part of a pipeline, including those of nested sequences, because each step handles the whole text.</summary>
static class PipelineParts
{
    const int Most = 256;

    /// <param name="json">The object of a normalizer, pre-tokenizer, post-processor or decoder; null: none.</param>
    /// <param name="list">The field with the steps of a Sequence.</param>
    public static JsonFields? Checked(JsonFields? json, string list)
    {
        if (json is not null && Count(json, list) is > Most and var count)
            throw json.Wrong(list, $"at most {Most} steps, those of inner sequences included; these are {count}");
        return json;
    }

    static int Count(JsonFields json, string list) => 1 + (json.IsArray(list) ? json.Objects(list).Sum(part => Count(part, list)) : 0);
}
