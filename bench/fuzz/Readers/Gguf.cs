using Nonet.Checkpoints.Gguf;
using Nonet.Formats.Gguf;
using Nonet.Fuzz.Making;
using Nonet.Text;
using Nonet.Text.Chat;

namespace Nonet.Fuzz.Readers;

/// <summary>Metadata of other types and counts, arrays in arrays, tensors that overlap: opened as a file, a model, a tokenizer and a chat template.</summary>
sealed class Gguf : Reader
{
    static readonly Lazy<byte[][]> seeds = new(() =>
    [
        SoundModels.Gguf(SoundModels.Llama, new ByteTokenizer(), "F16"), SoundModels.Gguf(SoundModels.Gpt, new ByteTokenizer(), "Q8_0"),
        .. SoundTokenizers.SentencePieces().Select(t => SoundModels.Gguf(SoundModels.Llama with { Vocab = 300 }, t, "Q8_0")),
    ]);

    public override string Name => "GGUF";

    public override int Share => 8;

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        var seed = seeds.Value[dice.Below(seeds.Value.Length)];
        Write(folder, "x.gguf", sound ? seed : Damaged(seed, dice));
        return () => Use(Path.Combine(folder, "x.gguf"));
    }

    static byte[] Damaged(byte[] seed, Dice dice)
    {
        if (dice.OneIn(4))
            return ByteDamage.Of(seed, dice, 4096);
        var parts = GgufContent.Parse(seed);
        for (var times = 1 + dice.Below(3); times > 0; times--)
            parts.Damage(dice);
        return parts.ToBytes();
    }

    static void Use(string path)
    {
        SoundModels.ReadAll(GgufFile.Open(path));
        GgufModel.Open(path);
        SoundTokenizers.Use(Tokenizer.Load(path), "a b ab <s> é user");
        ChatTemplate.Load(path);
    }
}
