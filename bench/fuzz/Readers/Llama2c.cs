using System.Text;
using Nonet.Checkpoints.Llama2c;
using Nonet.Fuzz.Making;
using Nonet.Text.Llama2c;

namespace Nonet.Fuzz.Readers;

/// <summary>Seven numbers, and weights.</summary>
sealed class Llama2cCheckpoint : Reader
{
    public override string Name => "llama2.c .bin";

    public override int Share => 2;

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        var tied = dice.OneIn(2);
        int[] header = [4, 3, 2, 2, 1, tied ? 5 : -5, 6];
        var bytes = new byte[4 * (5 * 4 + 2 * (4 + 16 + 8 + 8 + 16 + 4 + 12 + 12 + 12) + 4 + 2 * 6 + (tied ? 0 : 20))];
        for (var times = sound ? 0 : 1 + dice.Below(3); times > 0; times--)
            header[dice.Below(7)] = (int)dice.Number();
        byte[] file = [.. header.SelectMany(BitConverter.GetBytes), .. bytes];
        Write(folder, "x.bin", sound || !dice.OneIn(3) ? file : ByteDamage.Of(file, dice));
        return () => SoundModels.ReadAll(Llama2cFile.Open(Path.Combine(folder, "x.bin")));
    }
}

/// <summary>Scores, lengths and texts of tokens.</summary>
sealed class Llama2cVocabulary : Reader
{
    public override string Name => "llama2.c tokenizer.bin";

    public override int Share => 2;

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        var tokens = ((string[])["<unk>", "\n<s>\n", "\n</s>\n", .. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>"), " ", "b", " b"]).ToList();
        List<byte[]> records = [.. tokens.Select((t, i) => Record(-i, Encoding.UTF8.GetBytes(t)))];
        for (var times = sound ? 0 : 1 + dice.Below(3); times > 0; times--)
        {
            var at = dice.OneIn(2) ? dice.Below(records.Count) : dice.Of(0, 1, 2, 258, 259, 260);
            switch (dice.Below(6))
            {
                case 0: records[at] = Record(dice.Of(float.NaN, float.PositiveInfinity, 1e30f), Encoding.UTF8.GetBytes(dice.Text())); break;
                case 1: records[at] = [0, 0, 0, 0, .. BitConverter.GetBytes((int)dice.Number())]; break;
                case 2: records[at] = records[dice.Below(260)]; break;
                case 3: records.RemoveAt(at); break;
                case 4: records[at] = Record(1, dice.Bytes(dice.Below(20))); break;
                default: records.Insert(at, records[at]); break;
            }
        }
        byte[] file = [.. BitConverter.GetBytes(sound || !dice.OneIn(4) ? 6 : (int)dice.Number()), .. records.SelectMany(r => r)];
        Write(folder, "tok.bin", sound || !dice.OneIn(3) ? file : ByteDamage.Of(file, dice));
        return () => SoundTokenizers.Use(Llama2cTokenizer.Open(Path.Combine(folder, "tok.bin"), 262), "b <s> é bb");
    }

    static byte[] Record(float score, byte[] text) => [.. BitConverter.GetBytes(score), .. BitConverter.GetBytes(text.Length), .. text];
}
