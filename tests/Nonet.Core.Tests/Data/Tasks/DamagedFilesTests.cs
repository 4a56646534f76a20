using System.Text;
using Nonet.Data.Tasks;
using Nonet.Files;

namespace Nonet.Tests.Data.Tasks;

public sealed class DamagedFilesTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Bytes of good files are changed, doubled and left out at random: what is read is read, and all else is a named error.</summary>
    [Theory]
    [InlineData("a.tsv", "sentence\tlabel\nOne fish\t0\ntwo \"fish\"\t1\n")]
    [InlineData("a.csv", "sentence,label\n\"One, \"\"fish\"\"\",0\ntwo fish,1\n")]
    [InlineData("a.jsonl", "{\"sentence\": \"One \\ud83d\\ude00\", \"label\": 0}\n{\"sentence\": \"two\", \"label\": 1}\n")]
    [InlineData("a.json", "[{\"sentence\": \"One\", \"label\": \"a\"}, {\"sentence\": \"two\", \"label\": \"b\"}]")]
    [InlineData("tags.conll", "EU B-ORG\nrejects O\n\nPeter B-PER\n")]
    [InlineData("tags.jsonl", "{\"tokens\": [\"EU\", \"rejects\"], \"tags\": [\"B-ORG\", \"O\"]}\n")]
    [InlineData("squad.json",
        "{\"data\": [{\"paragraphs\": [{\"context\": \"a b c\", \"qas\": [{\"id\": \"q\", \"question\": \"?\", \"answers\": [{\"text\": \"b\", "
        + "\"answer_start\": 2}]}]}]}]}")]
    [InlineData("squad.jsonl", "{\"id\": 1, \"context\": \"a b\", \"question\": \"?\", \"answers\": {\"text\": [\"b\"], \"answer_start\": [2]}}")]
    [InlineData("choices.jsonl", "{\"prompt\": \"p\", \"choices\": [\"x\", \"y\"], \"label\": 1}")]
    [InlineData("swag.csv", "sent1,sent2,ending0,ending1,ending2,ending3,label\na,b,c,d,e,f,3\n")]
    public void A_damaged_file_is_a_named_error(string name, string content)
    {
        var good = Encoding.UTF8.GetBytes(content);
        Read(folder.Add(name, good));
        var random = new Random(5);
        var refused = 0;
        for (var round = 0; round < 400; round++)
        {
            var bytes = good.ToList();
            for (var changes = random.Next(1, 4); changes > 0 && bytes.Count > 0; changes--)
            {
                var at = random.Next(bytes.Count);
                switch (random.Next(4))
                {
                    case 0: bytes[at] = (byte)random.Next(256); break;
                    case 1: bytes.RemoveAt(at); break;
                    case 2: bytes.Insert(at, "\"\\,{}[]\n\t0"u8[random.Next(10)]); break;
                    default: bytes.RemoveRange(at, bytes.Count - at); break;
                }
            }
            try
            {
                Read(folder.Add(name, [.. bytes]));
            }
            catch (MalformedFileException e)
            {
                Assert.Contains(name, e.Message, StringComparison.Ordinal);
                refused++;
            }
        }
        Assert.True(refused > 50, $"{refused}");
    }

    static void Read(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        if (name == "tags")
            TaggedSentences.Read(new TaggedSentenceOptions { Path = path });
        else if (name == "squad")
            Passages.Read(new PassageOptions { Path = path });
        else if (name == "choices")
            Choices.Read(new ChoiceOptions { Path = path });
        else if (name == "swag")
            Choices.Read(ChoiceOptions.Swag(path));
        else
            LabelledTexts.Read(new LabelledTextOptions { Path = path });
    }
}
