import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Writes with Kafka's own client, so that what we read is not only what we wrote: broker, topic, codec, and how many records.
 * Each has the number as key, a header, and a value long enough to be worth compressing.
 */
public class KafkaWriter {
  public static void main(String[] args) throws Exception {
    Map<String, Object> settings =
        Map.of("bootstrap.servers", args[0], "compression.type", args[2], "linger.ms", "100", "batch.size", "200000");
    try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (int at = 0; at < Integer.parseInt(args[3]); at++) {
        // Escaped: the compiler reads this file in the encoding of whoever starts it.
        var value = (args[2] + " gr\u00fc\u00dfe " + at + " ").repeat(20).getBytes(StandardCharsets.UTF_8);
        var record = new ProducerRecord<>(args[1], String.valueOf(at).getBytes(StandardCharsets.UTF_8), value);
        record.headers().add("codec", args[2].getBytes(StandardCharsets.UTF_8));
        producer.send(record);
      }
    }
  }
}
