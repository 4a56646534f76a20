using Nonet.Text.Splits;

namespace Nonet.Text.Tiktoken;

/// <summary>Settings that a file of ranks does not contain: the split of text, and special tokens.</summary>
/// <param name="Name">Name of the file without .tiktoken.</param>
/// <param name="Pattern">Regular expression that splits text into words; null: GPT-2's.</param>
/// <param name="Special">Special tokens and their ids.</param>
/// <param name="End">Token that ends a document.</param>
/// <param name="Begin">Token before every text; null: none.</param>
/// <param name="Composed">Whether text is normalised to NFC.</param>
sealed record TiktokenEncoding(string Name, string? Pattern, IReadOnlyList<KeyValuePair<string, int>> Special, string End = TiktokenEncoding.EndOfText,
    string? Begin = null, bool Composed = false)
{
    const string EndOfText = "<|endoftext|>", EndOfPrompt = "<|endofprompt|>";
    const int Llama3First = 128_000, QwenFirst = 151_643;

    /// <summary>Known encodings. The first seven: openai/tiktoken, openai_public.py.</summary>
    static readonly TiktokenEncoding[] known =
    [
        new("gpt2", null, [new(EndOfText, 50256)]),
        new("r50k_base", null, [new(EndOfText, 50256)]),
        new("p50k_base", null, [new(EndOfText, 50256)]),
        new("p50k_edit", null, [new(EndOfText, 50256), new("<|fim_prefix|>", 50281), new("<|fim_middle|>", 50282), new("<|fim_suffix|>", 50283)]),
        new("cl100k_base", Cl100kSplit.Pattern,
            [new(EndOfText, 100257), new("<|fim_prefix|>", 100258), new("<|fim_middle|>", 100259), new("<|fim_suffix|>", 100260), new(EndOfPrompt, 100276)]),
        new("o200k_base", O200kSplit.Pattern, [new(EndOfText, 199999), new(EndOfPrompt, 200018)]),
        new("o200k_harmony", O200kSplit.Pattern, [.. Enumerable.Range(199998, 201088 - 199998).Select(id => KeyValuePair.Create(Harmony(id), id))]),
        new("qwen", Cl100kSplit.Qwen2Pattern,
            [new(EndOfText, QwenFirst), new("<|im_start|>", QwenFirst + 1), new("<|im_end|>", QwenFirst + 2),
                .. Enumerable.Range(0, 205).Select(i => KeyValuePair.Create($"<|extra_{i}|>", QwenFirst + 3 + i))],
            Composed: true),
    ];

    /// <summary>LLaMA 3.1's encoding. LLaMA 3 has the same tokenizer.model, but other names for reserved tokens.</summary>
    public static readonly TiktokenEncoding Llama3 = new("tokenizer.model", Cl100kSplit.Pattern,
        [.. Enumerable.Range(0, 256).Select(i => KeyValuePair.Create(Llama(i), Llama3First + i))], "<|end_of_text|>", "<|begin_of_text|>");

    /// <summary>Names of all known encodings.</summary>
    public static IEnumerable<string> Names => known.Select(e => e.Name + ".tiktoken");

    /// <summary>Finds an encoding by name; null if it is unknown.</summary>
    public static TiktokenEncoding? Find(string name) => Array.Find(known, e => e.Name == name);

    static string Harmony(int id) => id switch
    {
        199998 => "<|startoftext|>",
        199999 => EndOfText,
        200002 => "<|return|>",
        200003 => "<|constrain|>",
        200005 => "<|channel|>",
        200006 => "<|start|>",
        200007 => "<|end|>",
        200008 => "<|message|>",
        200012 => "<|call|>",
        200018 => EndOfPrompt,
        _ => $"<|reserved_{id}|>",
    };

    /// <summary>Names in meta-llama/Llama-3.1-8B, tokenizer.json: unused tokens are numbered.</summary>
    static string Llama(int i) => i switch
    {
        0 => "<|begin_of_text|>",
        1 => "<|end_of_text|>",
        4 => "<|finetune_right_pad_id|>",
        6 => "<|start_header_id|>",
        7 => "<|end_header_id|>",
        8 => "<|eom_id|>",
        9 => "<|eot_id|>",
        10 => "<|python_tag|>",
        _ => $"<|reserved_special_token_{(i < 4 ? i - 2 : i == 5 ? 2 : i - 8)}|>",
    };
}
